import { retryDelays } from '@gateway-engine/host';
import type { RestartPolicy } from '../config/extras.ts';

/**
 * How long a program that failed waits for its next start, by its restart policy.
 *
 * A failure is a start that failed, an end that was not expected, or a restart for being unhealthy. The first ones,
 * as many as `free`, are treated by the documented rules alone; each one after that waits longer than the one before.
 */
export class RestartPace {
  readonly #policy: RestartPolicy | undefined;
  readonly #free: number;
  readonly #random: () => number;
  #failures = 0;
  #delays: Generator<number> | undefined;

  constructor(policy: RestartPolicy | undefined, free: number, random: () => number = Math.random) {
    this.#policy = policy;
    this.#free = free;
    this.#random = random;
  }

  /** Failures since it was well; always 0 without a policy. */
  get failures(): number {
    return this.#failures;
  }

  get hasPolicy(): boolean {
    return this.#policy !== undefined;
  }

  /** Whether the last failure was one beyond the documented rules. */
  get isPacing(): boolean {
    return this.hasPolicy && this.#failures > this.#free;
  }

  /** Counts a failure of a program that was RUNNING for `upMs` (0: it never was). Undefined: the documented rules. */
  failed(upMs: number): number | undefined {
    if (!this.#policy) return undefined;
    if (upMs >= this.#policy.windowSeconds * 1000) this.forget();
    this.#failures += 1;
    if (this.#failures <= this.#free) return undefined;
    this.#delays ??= this.#newDelays(this.#policy);
    return this.#delays.next().value;
  }

  /** Goes on where another supervisor was. */
  resume(failures: number): void {
    if (!this.#policy) return;
    this.#failures = failures;
    this.#delays = this.#newDelays(this.#policy);
    for (let counted = this.#free; counted < failures; counted++) this.#delays.next();
  }

  /** The failures so far do not count any more. */
  forget(): void {
    this.#failures = 0;
    this.#delays = undefined;
  }

  #newDelays(policy: RestartPolicy): Generator<number> {
    return retryDelays(
      {
        initialMs: policy.initialSeconds * 1000,
        factor: policy.factor,
        maximumMs: policy.maximumSeconds * 1000,
        jitter: policy.jitter,
      },
      this.#random,
    );
  }
}
