import type { Clock } from '@gateway-engine/host';

/** How the gateway's clock stands to the platform's, by what the platform said last. */
export class PlatformClock {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  /** The platform's time and the monotonic one at which it was told, milliseconds. */
  #told: { readonly time: number; readonly at: number } | undefined;

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock;
  }

  /** `date`: seconds since 1970, of an answer that has just come in. */
  tells(date: number | undefined): void {
    if (date !== undefined) this.#told = { time: date * 1000, at: this.#clock.monotonic() };
  }

  /** Wall time in milliseconds since 1970: the platform's as far as it is known, else the gateway's. */
  now(): number {
    if (!this.#told) return this.#clock.now();
    return this.#told.time + this.#clock.monotonic() - this.#told.at;
  }

  /** Whole seconds that the gateway's clock is ahead now; undefined while the platform has said nothing. */
  get offset(): number | undefined {
    if (!this.#told) return undefined;
    return Math.round((this.#clock.now() - this.now()) / 1000);
  }
}
