import type { Clock } from '@gateway-engine/host';

const pauseMs = 2000;

/**
 * Looks into all pipes a while after the last notice of new output: the kernel drops notices when there are too many of
 * them, which it can only do while others come. Nothing is done as long as all programs are quiet, so that an idle
 * supervisor sleeps.
 */
export class Sweep {
  readonly #clock: Clock;
  readonly #looks = new Set<() => boolean>();
  #timer: { cancel(): void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `look` tells whether there may have been something. */
  add(look: () => boolean): void {
    this.#looks.add(look);
    this.noticed();
  }

  remove(look: () => boolean): void {
    this.#looks.delete(look);
    if (this.#looks.size === 0) this.close();
  }

  noticed(): void {
    this.#timer ??= this.#clock.after(pauseMs, () => this.#lookAtAll());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookAtAll(): void {
    this.#timer = undefined;
    let found = false;
    for (const look of [...this.#looks]) found = look() || found;
    if (found) this.noticed();
  }
}
