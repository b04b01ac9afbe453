/** What has become of a program's runs since somebody last started it. */
export class RunHistory {
  #restarts = 0;
  #lastStatus: number | undefined;
  #lastFailure = '';

  /** How often it was started by itself. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Of the last run that has ended, also while the next one is up; -1 for an end by a signal. */
  get lastStatus(): number | undefined {
    return this.#lastStatus;
  }

  /** Why it last failed to start, or ended though that was not expected; empty when it did not. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  startedByOrder(): void {
    this.#restarts = 0;
    this.#lastStatus = undefined;
    this.#lastFailure = '';
  }

  startedByItself(): void {
    this.#restarts += 1;
  }

  ended(status: number): void {
    this.#lastStatus = status;
  }

  failed(reason: string): void {
    this.#lastFailure = reason;
  }
}
