import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { HookName } from '@gateway-engine/app-package';
import { processStartTime, runToEnd } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { packageEnvironment, type UnpackedApp } from './package-environment.ts';

/** How a script of a package ended. `later`: it asks to be asked again, by exit status 75 (EX_TEMPFAIL of sysexits.h). */
export type HookResult =
  | { readonly kind: 'absent' }
  | { readonly kind: 'agreed'; readonly output: string }
  | { readonly kind: 'later'; readonly output: string }
  | { readonly kind: 'failed'; readonly problem: string; readonly output: string };

export interface HookRun extends UnpackedApp {
  readonly hook: HookName;
  /** Variables that this hook alone has. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** With its start time a process is named for good. */
interface StartedProcess {
  readonly pid: number;
  readonly started: string | null;
}

/** Nobody waits for a script of this sort longer; what it decides, it knows at once. */
const longestRunMs = 5 * 60_000;
const outputBytes = 8 * 1024;
const tryLater = 75;

/**
 * Runs a script of an installed package, in its folder, with what its installer had. `onStart` tells its process at once,
 * so that one which outlives the engine can be found. Rejects only when `signal` was aborted; whatever the script does is
 * in the result.
 */
export async function runHook(
  layout: HomeLayout,
  run: HookRun,
  options: { signal: AbortSignal; timeoutMs?: number; onStart?: (process: StartedProcess) => void },
): Promise<HookResult> {
  const timeoutMs = options.timeoutMs ?? longestRunMs;
  const obstacle = await obstacleOf(join(run.folder, run.hook));
  if (obstacle === 'absent') return { kind: 'absent' };
  const failed = (problem: string, output = ''): HookResult => ({
    kind: 'failed',
    problem: `${run.hook} of version ${run.version} ${problem}`,
    output,
  });
  if (obstacle !== undefined) return failed(`cannot run: ${obstacle}`);
  const env = { ...packageEnvironment(layout, run), ...run.variables };
  const { exitCode, signal, output, timedOut } = await runToEnd(
    '/bin/sh',
    ['-c', 'exec "$0" "$@" 2>&1', `./${run.hook}`],
    {
      cwd: run.folder,
      env,
      timeoutMs,
      maxOutputBytes: outputBytes,
      signal: options.signal,
      onStart: (pid) => options.onStart?.({ pid, started: processStartTime(pid) ?? null }),
    },
  );
  options.signal.throwIfAborted();
  if (exitCode === 0) return { kind: 'agreed', output };
  if (exitCode === tryLater) return { kind: 'later', output };
  if (timedOut) return failed(`did not end within ${timeoutMs / 1000} s and was stopped`, output);
  return failed(exitCode === null ? `was ended by ${signal}` : `exited with status ${exitCode}`, output);
}

async function obstacleOf(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
    if (code === 'EACCES') return 'no permission; is the file system mounted noexec?';
    throw error;
  }
}
