import type { Clock } from '@gateway-engine/host';

/** The one timer that a state may have: setting it ends the one before. */
export class StateTimer {
  readonly #clock: Clock;
  #timer: { cancel(): void } | undefined;
  #dueAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Also when it has come and led to nothing. */
  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Milliseconds until it comes, or since it came (then below 0); undefined when it is not set. */
  get dueInMs(): number | undefined {
    return this.#dueAt === undefined ? undefined : this.#dueAt - this.#clock.monotonic();
  }

  set(ms: number, then: () => void): void {
    this.cancel();
    this.#dueAt = this.#clock.monotonic() + ms;
    this.#timer = this.#clock.after(ms, then);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueAt = undefined;
  }
}
