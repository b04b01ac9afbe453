/** The long polls that wait, so that they can be ended at once when the server stops. */
export class OpenWaits {
  readonly #enders = new Set<() => void>();
  #stopped = false;

  /** Adds a wait. `end` is called when the server stops, at once when it has already. */
  open(end: () => void): { end(): void } {
    this.#enders.add(end);
    if (this.#stopped) end();
    return { end: () => this.#enders.delete(end) };
  }

  get count(): number {
    return this.#enders.size;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
    for (const end of [...this.#enders]) end();
  }
}
