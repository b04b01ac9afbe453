import type { Clock, Logger } from '@gateway-engine/host';

const quietMs = 60_000;

/** Says that points were given up, which is what an operator has to hear of, once a minute at most. */
export class LossLog {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #logger: Logger;
  #dropped = 0;
  #expired = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  count({ dropped, expired }: { readonly dropped: number; readonly expired: number }): void {
    this.#dropped += dropped;
    this.#expired += expired;
    if (this.#dropped + this.#expired === 0) return;
    const now = this.#clock.monotonic();
    if (now - this.#last < quietMs) return;
    this.#last = now;
    const why = [
      this.#dropped > 0 ? `${this.#dropped} dropped, since the queue is full` : '',
      this.#expired > 0 ? `${this.#expired} expired` : '',
    ];
    this.#logger.warn(`points given up: ${why.filter(Boolean).join('; ')}`);
    this.#dropped = 0;
    this.#expired = 0;
  }
}
