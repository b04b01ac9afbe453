import { gatewayAliases } from '@gateway-engine/device-api';
import type { FakeClock } from '@gateway-engine/testkit';

const answerMs = 20;

/**
 * The series of `engine_fetch` as a platform keeps it: one point for each second, a later one of the same second in its
 * place; a long poll gives the oldest point strictly later than its start. Answers take some time of the fake clock.
 */
export class ModelPlatform {
  readonly points = new Map<number, string>();
  polls = 0;
  /** A write of the gateway is under way. */
  isWriting = false;
  readonly #clock: FakeClock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get second(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  store(value: string): void {
    this.points.set(this.second, value);
    for (const wake of [...this.#waiting]) wake();
  }

  newest(): string {
    return this.points.get(Math.max(...this.points.keys())) ?? '';
  }

  readonly client = {
    write: async (values: Iterable<readonly [string, string]>) => {
      this.isWriting = true;
      await this.#clock.sleep(answerMs);
      this.isWriting = false;
      for (const [alias, value] of values) if (alias === gatewayAliases.engineFetch) this.store(value);
      return { status: 204, date: this.second };
    },
    read: async () => {
      await this.#clock.sleep(answerMs);
      const value = this.newest();
      return {
        status: 200,
        date: this.second,
        value,
        values: new Map([[gatewayAliases.engineFetch, value]]),
      };
    },
    longPoll: async (
      _: string,
      options: { waitMs: number; since?: number | undefined; signal?: AbortSignal | undefined },
    ) => {
      this.polls++;
      const since = options.since ?? this.second;
      const end = this.#clock.monotonic() + options.waitMs;
      await this.#clock.sleep(answerMs);
      for (;;) {
        const [modified] = [...this.points.keys()].filter((at) => at > since).sort((a, b) => a - b);
        if (modified !== undefined) {
          return { value: this.points.get(modified) ?? '', modified, date: this.second };
        }
        const left = end - this.#clock.monotonic();
        if (left <= 0) return undefined;
        await this.#newPoint(left);
      }
    },
  };

  #newPoint(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const timer = this.#clock.after(ms, done);
      this.#waiting.add(done);
    });
  }
}
