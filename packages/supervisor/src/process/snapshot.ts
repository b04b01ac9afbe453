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
  /** When it is started by itself; null when it is not. */
  readonly startsInMs: number | null;
  /** Why it is stopped only to be started again; null when it is not. */
  readonly restartReason: string | null;
  /** Failures that its restart policy counts. */
  readonly pacedFailures: number;
}

/** What becomes of a snapshot while nobody is there. */
export function aged(snapshot: ProcessSnapshot, ms: number): ProcessSnapshot {
  return {
    ...snapshot,
    sinceStartMs: snapshot.sinceStartMs + ms,
    sinceChangeMs: snapshot.sinceChangeMs + ms,
    startsInMs: snapshot.startsInMs === null ? null : snapshot.startsInMs - ms,
  };
}
