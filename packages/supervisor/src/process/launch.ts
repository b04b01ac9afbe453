import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { signalGroup } from '@gateway-engine/host';
import type { InputChannel } from '../capture/input-channel.ts';
import type { OutputChannel } from '../capture/output-channel.ts';
import type { RotatedLog } from '../capture/rotated-log.ts';
import type { ProcessConfig } from '../config/program.ts';
import type { LaunchPrefix } from '../limits/launch-prefix.ts';
import { asUser } from './change-user.ts';
import type { Child } from './child.ts';
import { findCommand, SpawnError } from './find-command.ts';
import { groupIsAlive } from './process-group.ts';
import type { WaitStatus } from './wait-status.ts';

/** What a program reads and writes; `stderr` is missing when it is redirected to stdout. */
export interface ProgramFiles {
  readonly stdin: InputChannel;
  readonly stdout: ProgramOutput;
  readonly stderr: ProgramOutput | undefined;
}

export interface ProgramOutput {
  readonly channel: OutputChannel;
  readonly log: RotatedLog | undefined;
}

/**
 * Starts the program in a session and process group of its own, so that signals to the supervisor do not reach it and
 * the whole group can be signalled. Errors are worded as Supervisor words them.
 */
export function launchProgram(
  config: ProcessConfig,
  files: ProgramFiles,
  environment: NodeJS.ProcessEnv,
  ended: (outcome: WaitStatus | SpawnError) => void,
  prefix?: LaunchPrefix,
): Child | undefined {
  const { program, identity } = asUser(config.user, findCommand(config.command, environment.PATH));
  const { file, argv } = prefix?.wrap(program, environment) ?? program;
  checkDirectory(config.directory);
  checkUser(config);
  const { stdin, stdout, stderr } = openFiles(config, files);
  const restoreUmask = config.umask === undefined ? undefined : process.umask(config.umask);
  try {
    const child = spawn(file, argv.slice(1), {
      argv0: argv[0],
      cwd: config.directory,
      env: environment,
      detached: true,
      stdio: [stdin, stdout, stderr, ...(prefix?.files ?? [])],
      ...identity,
    });
    return follow(child, config, ended);
  } catch (cause) {
    throw new SpawnError('other', spawnProblem(config, cause), cause);
  } finally {
    if (restoreUmask !== undefined) process.umask(restoreUmask);
    for (const file of new Set([stdin, stdout, stderr])) closeSync(file);
  }
}

function follow(
  child: ChildProcess,
  config: ProcessConfig,
  ended: (outcome: WaitStatus | SpawnError) => void,
): Child | undefined {
  const pid = child.pid;
  if (pid === undefined) {
    child.on('error', (cause) => ended(new SpawnError('other', spawnProblem(config, cause), cause)));
    return undefined;
  }
  // It need not end before a supervisor that leaves it running does.
  child.unref();
  child.on('error', () => {
    // A failed kill(): never used, signals are sent by pid.
  });
  child.on('exit', (code, signal) => ended({ code, signal }));
  return {
    pid,
    signal: (signal, target) => (target === 'group' ? signalGroup(pid, signal) : signalProcess(pid, signal)),
    groupIsAlive: () => groupIsAlive(pid),
  };
}

function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function checkDirectory(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    if (statSync(directory).isDirectory()) return;
  } catch (cause) {
    throw new SpawnError('other', `couldn't chdir to ${directory}: ${codeOf(cause)}`, cause);
  }
  throw new SpawnError('other', `couldn't chdir to ${directory}: ENOTDIR`);
}

function checkUser(config: ProcessConfig): void {
  const own = process.getuid?.();
  if (config.user && config.user.uid !== own && own !== 0)
    throw new SpawnError(
      'other',
      `couldn't setuid to ${config.user.name}: Can't drop privilege as nonroot user`,
    );
}

/** Opens the logs, and the program's ends of its input and output. */
function openFiles(config: ProcessConfig, files: ProgramFiles) {
  const opened: number[] = [];
  const open = (channel: { openForProgram(): number }) => {
    const file = channel.openForProgram();
    opened.push(file);
    return file;
  };
  try {
    files.stdout.log?.open();
    files.stderr?.log?.open();
    const stdin = open(files.stdin);
    const stdout = open(files.stdout.channel);
    return { stdin, stdout, stderr: files.stderr ? open(files.stderr.channel) : stdout };
  } catch (cause) {
    for (const file of opened) closeSync(file);
    const code = codeOf(cause);
    throw new SpawnError(
      'other',
      isOutOfFiles(code)
        ? spawnProblem(config, cause)
        : `unknown error making dispatchers for '${config.name}': ${code}`,
      cause,
    );
  }
}

function isOutOfFiles(code: string): boolean {
  return code === 'EMFILE' || code === 'ENFILE';
}

function spawnProblem(config: ProcessConfig, cause: unknown): string {
  const code = codeOf(cause);
  if (isOutOfFiles(code)) return `too many open files to spawn '${config.name}'`;
  if (code === 'EAGAIN') return `Too many processes in process table to spawn '${config.name}'`;
  return `couldn't exec ${config.command}: ${code}`;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : String(error);
}
