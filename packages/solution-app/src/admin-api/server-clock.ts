/**
 * The platform's clock as its answers tell it: ages and the chart's window are counted by it, so that a wrong clock of
 * the operator's computer does not make gateways look silent.
 */
export class ServerClock {
  readonly #local: () => number;
  #offset = 0;

  /** @param local milliseconds since 1970 by this computer */
  constructor(local: () => number) {
    this.#local = local;
  }

  /** Takes the `Date` header of an answer that just came. */
  adjust(header: string | null): void {
    const date = header === null ? Number.NaN : Date.parse(header);
    if (Number.isNaN(date)) return;
    // The header is cut to the second, so half a second is added, and less than a second of difference means nothing.
    const offset = date + 500 - this.#local();
    if (Math.abs(offset - this.#offset) > 1000) this.#offset = offset;
  }

  /** Whole seconds since 1970. */
  now(): number {
    return Math.floor((this.#local() + this.#offset) / 1000);
  }
}
