import { setTimeout as sleepFor } from 'node:timers/promises';

/**
 * Time as a parameter. Durations and timeouts use `monotonic`; `now` only stamps data, since a gateway's wall
 * clock may start in 1970 and jump either way.
 */
export interface Clock {
  /** Wall time in milliseconds since 1970. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `action` once after `ms` milliseconds, unless cancelled. */
  after(ms: number, action: () => void): { cancel(): void };
}

// Node.js fires timers of more than 2^31-1 ms at once.
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleepFor(Math.min(ms, longestTimer), undefined, signal ? { signal } : {});
  },
  after: (ms, action) => {
    const timer = setTimeout(action, Math.min(ms, longestTimer));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Whole seconds since 1970, the resolution of the device API. */
export function wholeSeconds(clock: Pick<Clock, 'now'>): number {
  return Math.floor(clock.now() / 1000);
}
