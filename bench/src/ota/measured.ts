import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What a piece of work took in a process of its own. */
export interface Measured {
  readonly seconds: number;
  /** Resident memory when everything was loaded and nothing was done, MiB. */
  readonly idle: number;
  /** The most of it while the work was done, MiB. */
  readonly peak: number;
}

/** Runs `work-process.ts` by this runtime: one job, given in JSON. */
export function measured(job: unknown, runtime = process.execPath): Measured {
  const entry = join(import.meta.dirname, 'work-process.ts');
  const printed = execFileSync(runtime, [entry, JSON.stringify(job)], { encoding: 'utf8' });
  return JSON.parse(printed) as Measured;
}
