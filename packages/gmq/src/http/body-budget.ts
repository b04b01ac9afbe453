/** Bounds the memory that bodies on their way in may take together. */
export class BodyBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit;
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}
