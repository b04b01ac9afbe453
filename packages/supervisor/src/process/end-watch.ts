import { type Clock, processStartTime } from '@gateway-engine/host';

const shortestMs = 50;
/** After a signal an end is likely: it is looked for after 1, 2, 4, ... ms up to this. */
const longestSoonMs = 32;
/** Looking costs about 15 µs, so that hundreds of them cost less than a hundredth of a processor. */
const perProcessMs = 2;

interface Watched {
  readonly pid: number;
  readonly startTime: string;
  readonly ended: () => void;
}

/**
 * Tells the end of processes that are no children of ours. The kernel tells that only to a parent, or by a handle that
 * neither Node.js nor Bun can wait for; so /proc is looked at, for all of them together.
 */
export class EndWatch {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #timer: { cancel(): void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `ended` once, not before this has returned. The returned function is to be called when an end is likely. */
  watch(pid: number, startTime: string, ended: () => void): () => void {
    const watched = { pid, startTime, ended };
    this.#watched.add(watched);
    this.#schedule();
    return () => this.#lookSoon(watched, 1);
  }

  /** Nothing is told any more. */
  close(): void {
    this.#watched.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookSoon(watched: Watched, ms: number): void {
    if (ms > longestSoonMs) return;
    this.#clock.after(ms, () => {
      if (this.#watched.has(watched) && !this.#look(watched)) this.#lookSoon(watched, 2 * ms);
    });
  }

  /** Whether it has ended. */
  #look(watched: Watched): boolean {
    if (processStartTime(watched.pid) === watched.startTime) return false;
    this.#watched.delete(watched);
    watched.ended();
    return true;
  }

  #schedule(): void {
    if (this.#timer || this.#watched.size === 0) return;
    this.#timer = this.#clock.after(Math.max(shortestMs, perProcessMs * this.#watched.size), () => {
      this.#timer = undefined;
      for (const watched of [...this.#watched]) this.#look(watched);
      this.#schedule();
    });
  }
}
