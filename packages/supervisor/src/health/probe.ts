import { spawn } from 'node:child_process';
import { describeError, signalGroup } from '@gateway-engine/host';
import type { HealthCheckConfig } from '../config/extras.ts';
import type { ProcessConfig } from '../config/program.ts';
import { asUser } from '../process/change-user.ts';
import { findCommand } from '../process/find-command.ts';

/** Looks once whether a program is well: undefined, or what is wrong. Ends when `signal` does. */
export type Probe = (signal: AbortSignal) => Promise<string | undefined>;

/** The probe that the configuration asks for; commands run as the program does: user, directory, environment. */
export function probeOf(
  check: HealthCheckConfig,
  config: Pick<ProcessConfig, 'user' | 'directory'>,
  environment: NodeJS.ProcessEnv,
): Probe {
  return async (signal) => {
    const timeout = AbortSignal.timeout(check.timeoutSeconds * 1000);
    const either = AbortSignal.any([signal, timeout]);
    try {
      return check.kind === 'url'
        ? await fetchOnce(check.target, either)
        : await runOnce(check.target, config, environment, either);
    } catch (error) {
      return timeout.aborted ? `no answer within ${check.timeoutSeconds} seconds` : rootOf(error);
    }
  };
}

async function fetchOnce(url: string, signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch(url, { signal, redirect: 'manual', headers: { connection: 'close' } });
  await response.body?.cancel();
  return response.status >= 200 && response.status < 400 ? undefined : `HTTP status ${response.status}`;
}

async function runOnce(
  command: string,
  { user, directory }: Pick<ProcessConfig, 'user' | 'directory'>,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { program, identity } = asUser(user, findCommand(command, environment.PATH));
  const { file, argv } = program;
  const child = spawn(file, argv.slice(1), {
    argv0: argv[0],
    cwd: directory,
    env: environment,
    detached: true,
    stdio: 'ignore',
    ...identity,
  });
  const kill = () => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', kill);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, name) => {
        if (signal.aborted) reject(signal.reason);
        else if (code === 0) resolve(undefined);
        else resolve(code === null ? `terminated by ${name}` : `exit status ${code}`);
      });
    });
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** `fetch failed` hides the cause, which is what an operator wants to know. */
function rootOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : describeError(error);
}
