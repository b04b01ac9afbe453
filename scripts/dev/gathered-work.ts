/**
 * Does one thing at a time. What is asked for meanwhile is gathered, and done together afterwards: ten saves during a
 * restart are one more restart.
 */
export class GatheredWork<T> {
  readonly #work: (all: readonly T[]) => Promise<void>;
  #waiting: T[] = [];
  #running: Promise<void> = Promise.resolve();
  #isWorking = false;

  /** `work` handles its own failures. */
  constructor(work: (all: readonly T[]) => Promise<void>) {
    this.#work = work;
  }

  ask(things: readonly T[]): void {
    this.#waiting.push(...things);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#running = this.#run();
  }

  /** Resolves when nothing is under way; what waits is given up. */
  async stop(): Promise<void> {
    this.#waiting = [];
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const all = this.#waiting;
      this.#waiting = [];
      await this.#work(all);
    }
    // In the same turn as the look above: what is asked for from now on starts anew.
    this.#isWorking = false;
  }
}
