import type { Clock } from '@gateway-engine/host/basics';

/**
 * Calls `expired` once when there was no progress for the limit of the current phase. Progress only notes the time,
 * so a busy transfer does not set a timer per chunk.
 */
export class ProgressWatch {
  readonly #clock: Clock;
  readonly #expired: (what: string, limitMs: number) => void;
  #what = '';
  #limitMs = 0;
  #last = 0;
  #timer: { cancel(): void } | undefined;

  constructor(clock: Clock, expired: (what: string, limitMs: number) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Starts a phase: `what` did not happen if its limit runs out. */
  begin(what: string, limitMs: number): void {
    this.#what = what;
    this.#limitMs = limitMs;
    this.progress();
    this.#arm(limitMs);
  }

  progress(): void {
    this.#last = this.#clock.monotonic();
  }

  /** Until the next `begin` nothing expires. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.stop();
    this.#timer = this.#clock.after(ms, () => {
      const left = this.#last + this.#limitMs - this.#clock.monotonic();
      // Timers may fire up to a millisecond early.
      if (left > 1) return this.#arm(left);
      this.stop();
      this.#expired(this.#what, this.#limitMs);
    });
  }
}
