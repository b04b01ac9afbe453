import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import { signalGroup } from '@gateway-engine/host';
import type { OutputChannel } from '../capture/output-channel.ts';
import type { RotatedLog } from '../capture/rotated-log.ts';
import type { ProcessConfig } from '../config/program.ts';
import { asUser } from './change-user.ts';
import { findCommand, SpawnError } from './find-command.ts';
import type { Child } from './hosted-process.ts';
import { groupIsAlive } from './process-group.ts';
import type { WaitStatus } from './wait-status.ts';

/** More than this is not kept in memory for a program that does not read its standard input. */
const mostUnreadInput = 1024 * 1024;

/** Where the output of one program goes; `stderr` is missing when it is redirected to stdout. */
export interface Outputs {
  readonly stdout: { readonly channel: OutputChannel; readonly log: RotatedLog | undefined };
  readonly stderr: { readonly channel: OutputChannel; readonly log: RotatedLog | undefined } | undefined;
}

export interface LaunchedChild extends Child {
  /** False when the program does not read its standard input any more. */
  writeStdin(text: string): boolean;
}

/**
 * Starts the program in a session and process group of its own, so that signals to the supervisor do not reach it and
 * the whole group can be signalled. Errors are worded as Supervisor words them.
 */
export function launchProgram(
  config: ProcessConfig,
  outputs: Outputs,
  environment: NodeJS.ProcessEnv,
  ended: (outcome: WaitStatus | SpawnError) => void,
): LaunchedChild | undefined {
  const { program, identity } = asUser(config.user, findCommand(config.command, environment.PATH));
  const { file, argv } = program;
  checkDirectory(config.directory);
  checkUser(config);
  const { stdout, stderr } = openOutputs(config, outputs);
  const restoreUmask = config.umask === undefined ? undefined : process.umask(config.umask);
  try {
    const child = spawn(file, argv.slice(1), {
      argv0: argv[0],
      cwd: config.directory,
      env: environment,
      detached: true,
      stdio: ['pipe', stdout, stderr],
      ...identity,
    });
    return follow(child, config, outputs, ended);
  } catch (cause) {
    throw new SpawnError('other', spawnProblem(config, cause), cause);
  } finally {
    if (restoreUmask !== undefined) process.umask(restoreUmask);
    closeSync(stdout);
    if (stderr !== stdout) closeSync(stderr);
  }
}

function follow(
  child: ChildProcess,
  config: ProcessConfig,
  outputs: Outputs,
  ended: (outcome: WaitStatus | SpawnError) => void,
): LaunchedChild | undefined {
  // Writing to a program that does not read is no error of ours; `writeStdin` tells its caller.
  child.stdin?.on('error', () => child.stdin?.destroy());
  const pid = child.pid;
  if (pid === undefined) {
    child.on('error', (cause) => ended(new SpawnError('other', spawnProblem(config, cause), cause)));
    return undefined;
  }
  child.on('error', () => {
    // A failed kill(): never used, signals are sent by pid.
  });
  child.on('exit', (code, signal) => {
    child.stdin?.destroy();
    outputs.stdout.channel.drain();
    outputs.stderr?.channel.drain();
    ended({ code, signal });
  });
  return {
    pid,
    signal: (signal, target) => (target === 'group' ? signalGroup(pid, signal) : signalProcess(pid, signal)),
    groupIsAlive: () => groupIsAlive(pid),
    writeStdin: (text) => {
      if (!child.stdin?.writable || child.stdin.writableLength > mostUnreadInput) return false;
      child.stdin.write(text);
      return true;
    },
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

/** Opens the logs, and the program's ends of its output. */
function openOutputs(config: ProcessConfig, outputs: Outputs): { stdout: number; stderr: number } {
  let stdout: number | undefined;
  try {
    outputs.stdout.log?.open();
    outputs.stderr?.log?.open();
    stdout = outputs.stdout.channel.openForProgram();
    return { stdout, stderr: outputs.stderr?.channel.openForProgram() ?? stdout };
  } catch (cause) {
    if (stdout !== undefined) closeSync(stdout);
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
