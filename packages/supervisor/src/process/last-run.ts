import type { Clock } from '@gateway-engine/host';
import type { ProcessSnapshot } from './snapshot.ts';

/** Times and outcome of a program's run of now, or of its last one. Wall times stamp, monotonic ones measure. */
export class LastRun {
  readonly #clock: Clock;
  #startedMonotonic = 0;
  #changedMonotonic = 0;
  #startedAt = 0;
  #stoppedAt = 0;
  /** Stays when the process has ended, to tell which one that was. */
  pid = 0;
  failedStarts = 0;
  /** Why the start failed or the end was not expected; empty when neither is so. */
  spawnError = '';
  /** -1 for an end by a signal; undefined when it has not ended. */
  exitStatus: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wall time in milliseconds, 0 if never. */
  get startedAt(): number {
    return this.#startedAt;
  }

  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  get sinceStartMs(): number {
    return this.#clock.monotonic() - this.#startedMonotonic;
  }

  /** `isRetry`: failed starts of before still count. */
  begins(isRetry: boolean): void {
    if (!isRetry) this.failedStarts = 0;
    this.spawnError = '';
    this.exitStatus = undefined;
    this.#startedAt = this.#clock.now();
    this.#startedMonotonic = this.#clock.monotonic();
  }

  ended(): void {
    this.#stoppedAt = this.#clock.now();
  }

  stateChanged(): void {
    this.#changedMonotonic = this.#clock.monotonic();
  }

  snapshot() {
    return {
      startedAt: this.#startedAt,
      stoppedAt: this.#stoppedAt,
      sinceStartMs: this.sinceStartMs,
      sinceChangeMs: this.#clock.monotonic() - this.#changedMonotonic,
      failedStarts: this.failedStarts,
      spawnError: this.spawnError,
      exitStatus: this.exitStatus ?? null,
    };
  }

  /** What stays true of it whatever became of its process. */
  restoreStamps(saved: ProcessSnapshot): void {
    this.#startedAt = saved.startedAt;
    this.#stoppedAt = saved.stoppedAt;
    this.failedStarts = saved.failedStarts;
  }

  /** The rest, when it goes on. */
  restoreRun(saved: ProcessSnapshot): void {
    this.#startedMonotonic = this.#clock.monotonic() - saved.sinceStartMs;
    this.#changedMonotonic = this.#clock.monotonic() - saved.sinceChangeMs;
    this.spawnError = saved.spawnError;
    this.exitStatus = saved.exitStatus ?? undefined;
  }
}
