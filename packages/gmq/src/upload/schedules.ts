import { type RetrySchedule, retryDelays } from '@gateway-engine/host';
import type { Settings } from '../settings.ts';

/** After a failure that may pass by itself. */
export function networkSchedule(settings: Settings): RetrySchedule {
  return { initialMs: 1000, factor: 2, maximumMs: settings.retryMaximumMs, jitter: 0.5 };
}

/** After a refusal that an operator has to undo: an unknown serial number, a revoked key. */
export function refusedSchedule(settings: Settings): RetrySchedule {
  return {
    initialMs: settings.activationRetryMs,
    factor: 2,
    maximumMs: Math.max(settings.activationRetryMs, 15 * 60_000),
    jitter: 0.5,
  };
}

/** Delays of one row of failures: it starts anew when the kind of failure changes. */
export class Backoff {
  #kind: string | undefined;
  #delays: Generator<number> | undefined;

  next(kind: string, schedule: RetrySchedule, random: () => number): number {
    if (kind !== this.#kind || this.#delays === undefined) {
      this.#kind = kind;
      this.#delays = retryDelays(schedule, random);
    }
    return this.#delays.next().value ?? schedule.maximumMs;
  }

  reset(): void {
    this.#kind = undefined;
    this.#delays = undefined;
  }
}
