import type { Clock, Logger } from '@gateway-engine/host';

const quietMs = 10_000;

/** Says why requests are not taken, without letting a program in a loop fill the log. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #last = new Map<number, { at: number; unsaid: number }>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** One line for each status every 10 seconds; those in between are counted. */
  refused(status: number, what: string, reason: string): void {
    const now = this.#clock.monotonic();
    const last = this.#last.get(status);
    if (last && now - last.at < quietMs) {
      last.unsaid++;
      return;
    }
    const more = last && last.unsaid > 0 ? ` (and ${last.unsaid} more since the last such line)` : '';
    this.#last.set(status, { at: now, unsaid: 0 });
    this.#logger.warn(`${status} to ${what}: ${reason}${more}`);
  }
}
