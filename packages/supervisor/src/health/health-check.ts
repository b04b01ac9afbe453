import type { Clock } from '@gateway-engine/host';
import type { HealthCheckConfig } from '../config/extras.ts';
import type { Probe } from './probe.ts';

/** Until it was healthy once, a program is looked at more often, so that what waits for it does not wait long. */
const eagerMs = 1000;

/**
 * The health check of one run of a program. The first look is at once. Before the first success a program has
 * `retries` intervals of time to become healthy; after it, `retries` failures in a row make it unhealthy.
 */
export class HealthCheck {
  readonly #config: HealthCheckConfig;
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #tell: { healthy(): void; unhealthy(problem: string): void };
  readonly #end = new AbortController();
  readonly #begun: number;
  #timer: { cancel(): void } | undefined;
  #wasHealthy = false;
  #failures = 0;
  #lastProblem = '';

  constructor(
    config: HealthCheckConfig,
    parts: {
      clock: Clock;
      probe: Probe;
      /** `unhealthy` is told once and ends the check. */
      tell: { healthy(): void; unhealthy(problem: string): void };
    },
  ) {
    this.#config = config;
    this.#clock = parts.clock;
    this.#probe = parts.probe;
    this.#tell = parts.tell;
    this.#begun = this.#clock.monotonic();
    void this.#look();
  }

  get failures(): number {
    return this.#failures;
  }

  /** What the last look that failed found; empty after a success. */
  get lastProblem(): string {
    return this.#lastProblem;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#end.abort();
  }

  async #look(): Promise<void> {
    const problem = await this.#probe(this.#end.signal);
    if (this.#end.signal.aborted) return;
    if (problem === undefined) this.#succeeded();
    else if (this.#failed(problem)) return;
    const intervalMs = this.#config.intervalSeconds * 1000;
    const next = this.#wasHealthy ? intervalMs : Math.min(intervalMs, eagerMs);
    this.#timer = this.#clock.after(next, () => void this.#look());
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#lastProblem = '';
    if (this.#wasHealthy) return;
    this.#wasHealthy = true;
    this.#tell.healthy();
  }

  /** True when that was one failure too many. */
  #failed(problem: string): boolean {
    const { intervalSeconds, retries } = this.#config;
    this.#failures += 1;
    this.#lastProblem = problem;
    const patience = intervalSeconds * 1000 * retries;
    const waited = this.#clock.monotonic() - this.#begun;
    if (this.#wasHealthy ? this.#failures < retries : waited < patience) return false;
    this.stop();
    this.#tell.unhealthy(
      this.#wasHealthy
        ? `its health check failed ${this.#failures} times in a row, the last time with: ${problem}`
        : `its health check did not succeed within ${intervalSeconds * retries} seconds, the last time with: ${problem}`,
    );
    return true;
  }
}
