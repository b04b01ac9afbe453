import type { Clock } from '@gateway-engine/host';

/** How much guessing is put up with. */
export interface GuessingLimits {
  /** Failures in a row that cost nothing. */
  readonly freeFailures: number;
  /** The first wait; each further failure doubles it. */
  readonly initialMs: number;
  readonly maximumMs: number;
  /** After this long without an attempt everything is forgiven. */
  readonly forgetMs: number;
  /** Most callers remembered at once. When full, the one that has been quiet longest is forgotten. */
  readonly remembered: number;
}

export const passwordGuessing: GuessingLimits = {
  freeFailures: 5,
  initialMs: 1_000,
  maximumMs: 60_000,
  forgetMs: 15 * 60_000,
  remembered: 10_000,
};

interface Attempts {
  readonly failures: number;
  readonly last: number;
}

/**
 * Slows down whoever guesses. An attempt counts as failed from its start until it is said to have succeeded, so that
 * many at once gain nothing over one after the other.
 */
export class GuessingBrake {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #limits: GuessingLimits;
  /** In the order of the last attempt. */
  readonly #attempts = new Map<string, Attempts>();

  constructor(clock: Pick<Clock, 'monotonic'>, limits: GuessingLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Milliseconds to wait before this caller may try again; 0: it may try now, and the attempt is counted. */
  attempt(caller: string): number {
    const now = this.#clock.monotonic();
    const known = this.#attempts.get(caller);
    const before = known && now - known.last < this.#limits.forgetMs ? known : { failures: 0, last: now };
    const wait = before.last + delayAfter(before.failures, this.#limits) - now;
    if (wait > 0) return wait;
    this.#attempts.delete(caller);
    this.#attempts.set(caller, { failures: before.failures + 1, last: now });
    if (this.#attempts.size > this.#limits.remembered) {
      const quietest = this.#attempts.keys().next().value;
      if (quietest !== undefined) this.#attempts.delete(quietest);
    }
    return 0;
  }

  succeeded(caller: string): void {
    this.#attempts.delete(caller);
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#attempts.size;
  }
}

function delayAfter(failures: number, limits: GuessingLimits): number {
  if (failures < limits.freeFailures) return 0;
  return Math.min(limits.initialMs * 2 ** (failures - limits.freeFailures), limits.maximumMs);
}
