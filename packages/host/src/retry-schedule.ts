/** When to try again, as a value. */
export interface RetrySchedule {
  /** First delay, milliseconds. */
  readonly initialMs: number;
  /** Each delay is this many times the one before. */
  readonly factor: number;
  /** No delay is longer than this, milliseconds, before jitter. */
  readonly maximumMs: number;
  /** Share of the delay that is random, 0 to 1: 0.5 gives 50 to 100 % of the delay. Keeps a fleet apart. */
  readonly jitter: number;
  /** How many delays there are; without it there is always another. */
  readonly attempts?: number;
}

/** The delays of a schedule in milliseconds. `random` gives numbers from 0 up to, not including, 1. */
export function* retryDelays(schedule: RetrySchedule, random: () => number = Math.random): Generator<number> {
  let delay = schedule.initialMs;
  for (let attempt = 0; schedule.attempts === undefined || attempt < schedule.attempts; attempt++) {
    const capped = Math.min(delay, schedule.maximumMs);
    yield Math.round(capped * (1 - schedule.jitter * random()));
    delay = capped * schedule.factor;
  }
}
