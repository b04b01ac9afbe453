import { spawn } from 'node:child_process';
import { closeSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { describeError } from '@gateway-engine/host';

/** Set in the environment of the process that is to run in the background; its file 3 takes the outcome. */
const backgroundMark = 'GWE_SUPERVISORD_IN_BACKGROUND';
const outcomeFile = 3;

/** What the process in the background tells the one that started it. */
type Outcome = { readonly ready: true } | { readonly problem: string; readonly exitCode: number };

/** What a failure to start is told as. */
export function failed(error: unknown): Outcome {
  const own = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  return { problem: describeError(error), exitCode: typeof own === 'number' ? own : 1 };
}

/** The supervisor did not come up in the background. */
export class BackgroundError extends Error {
  readonly code = 'SUPERVISOR_BACKGROUND';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs this command again in a session of its own, without a terminal, and waits until it answers calls. Node.js
 * cannot fork: a process that has threads would not survive it. `args` are all that stand after the executable. Throws BackgroundError with what the other one says.
 */
export async function startInBackground(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    argv0: process.argv0,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...environment, [backgroundMark]: '1' },
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
  let told = '';
  for await (const chunk of child.stdio[outcomeFile] as Readable) told += String(chunk);
  if (told === '')
    throw new BackgroundError('the supervisor ended before it answered; see its log', (await ended) || 1);
  const outcome = JSON.parse(told) as Outcome;
  if ('problem' in outcome) throw new BackgroundError(outcome.problem, outcome.exitCode);
  child.unref();
}

/** In the process that is to run in the background: tells its starter the first outcome. Undefined in any other process. */
export function backgroundReport(environment: NodeJS.ProcessEnv): ((outcome: Outcome) => void) | undefined {
  if (environment[backgroundMark] === undefined) return undefined;
  // The programs it starts are not for the background in this sense.
  delete environment[backgroundMark];
  let told = false;
  return (outcome) => {
    if (told) return;
    told = true;
    try {
      writeFileSync(outcomeFile, JSON.stringify(outcome));
    } catch (error) {
      // The starter was interrupted: nobody waits for the outcome.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    }
    closeSync(outcomeFile);
  };
}
