import type { Clock, Logger } from '@gateway-engine/host';

const quietMs = 10_000;

/** Says why requests are not taken, without letting a program in a loop fill the log. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onRefusal: ((status: number) => void) | undefined;
  readonly #last = new Map<string, { at: number; unsaid: number }>();

  /** `onRefusal` is told of each, whether it is said or not. */
  constructor(clock: Clock, logger: Logger, onRefusal?: (status: number) => void) {
    this.#clock = clock;
    this.#logger = logger;
    this.#onRefusal = onRefusal;
  }

  /** A request that was answered with a status of HTTP. */
  refused(status: number, what: string, reason: string): void {
    this.#onRefusal?.(status);
    this.say(String(status), `${status} to ${what}: ${reason}`);
  }

  /** One line for each kind every 10 seconds; those in between are counted. */
  say(kind: string, text: string): void {
    const now = this.#clock.monotonic();
    const last = this.#last.get(kind);
    if (last && now - last.at < quietMs) {
      last.unsaid++;
      return;
    }
    const more = last && last.unsaid > 0 ? ` (and ${last.unsaid} more since the last such line)` : '';
    this.#last.set(kind, { at: now, unsaid: 0 });
    this.#logger.warn(`${text}${more}`);
  }
}

/** A request for a log line: never all that somebody may have sent. */
export function describeRequest({
  method,
  target,
}: {
  readonly method: string;
  readonly target: string;
}): string {
  return `${method} ${target.slice(0, 80)}`;
}
