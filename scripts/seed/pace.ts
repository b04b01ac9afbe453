import type { Clock } from '@gateway-engine/host';

/** Lets requests go out evenly, so many a second at most: a platform that somebody works on stays quick. */
export class Pace {
  readonly #everyMs: number;
  readonly #clock: Clock;
  #next: number;

  constructor(perSecond: number, clock: Clock) {
    this.#everyMs = 1000 / perSecond;
    this.#clock = clock;
    this.#next = clock.monotonic();
  }

  /** Resolves when the next request may go out; rejects when the signal is aborted before. */
  async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const now = this.#clock.monotonic();
    const at = Math.max(this.#next, now);
    this.#next = at + this.#everyMs;
    if (at > now) await this.#clock.sleep(at - now, signal);
  }
}
