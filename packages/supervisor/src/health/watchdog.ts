import type { Clock } from '@gateway-engine/host';

const mostPollMs = 250;

/** What a program said over its NOTIFY_SOCKET: see sd_notify(3). */
export interface Notifications {
  /** The messages since the last call, as lines. */
  read(): string[];
}

/**
 * Watches one run of a program that promises to notify: WATCHDOG=1 (or READY=1) at least every `seconds`. A program
 * says itself that it is unwell with WATCHDOG=trigger, and may change the time with WATCHDOG_USEC.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #notifications: Notifications;
  readonly #tell: { ready(): void; unhealthy(problem: string): void };
  #limitMs: number;
  #lastSign: number;
  #timer: { cancel(): void } | undefined;
  #isReady = false;
  #status = '';

  constructor(
    seconds: number,
    parts: {
      clock: Clock;
      notifications: Notifications;
      /** `unhealthy` is told once and ends the watch. */
      tell: { ready(): void; unhealthy(problem: string): void };
    },
  ) {
    this.#clock = parts.clock;
    this.#notifications = parts.notifications;
    this.#tell = parts.tell;
    this.#limitMs = seconds * 1000;
    this.#lastSign = this.#clock.monotonic();
    // What an earlier run said does not count.
    this.#notifications.read();
    this.#wait();
  }

  /** The text of its last STATUS=; empty without one. */
  get status(): string {
    return this.#status;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#timer = this.#clock.after(Math.min(mostPollMs, this.#limitMs / 4), () => this.#look());
  }

  #look(): void {
    let trigger = false;
    for (const line of this.#notifications.read()) {
      if (line === 'WATCHDOG=trigger') trigger = true;
      else this.#take(line);
    }
    const silence = this.#clock.monotonic() - this.#lastSign;
    if (trigger) this.#tell.unhealthy('it said so itself, with WATCHDOG=trigger');
    else if (silence > this.#limitMs)
      this.#tell.unhealthy(`it gave no sign of life for ${this.#limitMs / 1000} seconds (watchdog_secs)`);
    else this.#wait();
  }

  #take(line: string): void {
    if (line === 'WATCHDOG=1' || line === 'READY=1') {
      this.#lastSign = this.#clock.monotonic();
      if (!this.#isReady) {
        this.#isReady = true;
        this.#tell.ready();
      }
    } else if (line.startsWith('STATUS=')) this.#status = line.slice(7, 1000);
    else if (/^WATCHDOG_USEC=[1-9]\d{4,14}$/.test(line)) this.#limitMs = Number(line.slice(14)) / 1000;
  }
}
