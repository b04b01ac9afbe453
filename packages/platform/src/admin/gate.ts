/** Lets a few in at a time; a bounded number waits, whoever comes then is turned away. */
export class Gate {
  readonly #width: number;
  readonly #queueLength: number;
  #inside = 0;
  readonly #queue: (() => void)[] = [];

  constructor(width: number, queueLength: number) {
    this.#width = width;
    this.#queueLength = queueLength;
  }

  /** Runs the work when its turn comes. Undefined, and nothing run, when too many wait already. */
  async pass<T>(work: () => Promise<T>): Promise<{ readonly result: T } | undefined> {
    if (this.#inside >= this.#width) {
      if (this.#queue.length >= this.#queueLength) return undefined;
      // The one who leaves hands over the place, so that nobody slips in between.
      await new Promise<void>((enter) => this.#queue.push(enter));
    } else {
      this.#inside++;
    }
    try {
      return { result: await work() };
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#inside--;
    }
  }
}
