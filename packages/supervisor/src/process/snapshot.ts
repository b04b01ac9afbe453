import type { ProcessState } from '../states.ts';

/** All of a program's state that outlives its supervisor. Plain data; durations, so that no clock need be shared. */
export interface ProcessSnapshot {
  readonly state: ProcessState;
  /** Wall times in milliseconds, 0 if never. */
  readonly startedAt: number;
  readonly stoppedAt: number;
  readonly sinceStartMs: number;
  readonly sinceChangeMs: number;
  readonly failedStarts: number;
  readonly spawnError: string;
  /** null when it has not ended since its last start. */
  readonly exitStatus: number | null;
  /** It will be started again by itself. */
  readonly restartDue: boolean;
}

/** What becomes of a snapshot while nobody is there. */
export function aged(snapshot: ProcessSnapshot, ms: number): ProcessSnapshot {
  return {
    ...snapshot,
    sinceStartMs: snapshot.sinceStartMs + ms,
    sinceChangeMs: snapshot.sinceChangeMs + ms,
  };
}
