import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processStartTime, runToEnd, signalGroup } from '@gateway-engine/host';
import { packageEnvironment, type UnpackedApp } from '../apps/package-environment.ts';
import type { HomeLayout } from '../home/layout.ts';

/** The package runs its installer where it is unpacked. */
export interface InstallerRun extends UnpackedApp {
  readonly installer: 'install.sh' | 'setup.py';
}

export interface InstallerResult {
  /** 0 when it went well; null when it did not end by itself or could not be started. */
  readonly exitStatus: number | null;
  readonly output: string;
  /** What went wrong, in words. */
  readonly problem?: string;
}

export interface InstallerProcess {
  readonly pid: number;
  readonly started: string | null;
}

const longestRunMs = 30 * 60_000;
const outputBytes = 32 * 1024;

/**
 * Runs a package's installer to its end. `onStart` tells its process at once, so that one which outlives the engine can
 * be found. Never rejects for what the installer does.
 */
export async function runInstaller(
  layout: HomeLayout,
  run: InstallerRun,
  options: { onStart?: (process: InstallerProcess) => void; signal: AbortSignal; timeoutMs?: number },
): Promise<InstallerResult> {
  const env = packageEnvironment(layout, run);
  const obstacle = await whatPreventsIt(run, env.PATH ?? '');
  if (obstacle !== undefined) {
    return { exitStatus: null, output: '', problem: `${run.installer} cannot run: ${obstacle}` };
  }
  const command = run.installer === 'install.sh' ? ['./install.sh'] : ['python3', 'setup.py', 'install'];
  const timeoutMs = options.timeoutMs ?? longestRunMs;
  // One pipe for both, so that output and errors stay in the order they came.
  const result = await runToEnd('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', ...command], {
    cwd: run.folder,
    env,
    timeoutMs,
    maxOutputBytes: outputBytes,
    signal: options.signal,
    onStart: (pid) => options.onStart?.({ pid, started: processStartTime(pid) ?? null }),
  });
  const { exitCode: exitStatus, output } = result;
  if (exitStatus === 0) return { exitStatus, output };
  return { exitStatus, output, problem: `${run.installer} ${howItEnded(result, timeoutMs)}` };
}

/** Ends an installer that an earlier engine process left running. */
export function endLeftoverInstaller(process: InstallerProcess | undefined): boolean {
  if (!process || process.started === null || processStartTime(process.pid) !== process.started) return false;
  return signalGroup(process.pid, 'SIGKILL');
}

function howItEnded(
  result: { exitCode: number | null; signal: string | null; timedOut: boolean },
  timeoutMs: number,
): string {
  if (result.timedOut) return `did not end within ${timeoutMs / 1000} s and was stopped`;
  if (result.exitCode === null) return `was ended by ${result.signal}`;
  return `exited with status ${result.exitCode}`;
}

/** Why the installer could not even be started, in words; undefined when nothing speaks against it. */
async function whatPreventsIt(run: InstallerRun, path: string): Promise<string | undefined> {
  if (run.installer === 'setup.py') {
    for (const folder of path.split(':')) if (await isExecutable(join(folder, 'python3'))) return undefined;
    return 'this gateway has no python3';
  }
  const text = await readFile(join(run.folder, 'install.sh'), 'utf8');
  const shell = /^#! *(\S+)/.exec(text)?.[1];
  if (shell === undefined || !(await isExecutable(shell))) {
    return `the shell named in its first line is not there (${shell})`;
  }
  if (await isExecutable(join(run.folder, 'install.sh'))) return undefined;
  return 'no permission; is the file system mounted noexec?';
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
