import { renameSync, writeFileSync } from 'node:fs';

/** A wall clock that a test sets, for the Node.js processes that it starts with this environment. */
export class WrongClock {
  readonly #file: string;

  constructor(file: string, wallMs: number) {
    this.#file = file;
    this.set(wallMs);
  }

  get environment(): NodeJS.ProcessEnv {
    const preload = new URL('wrong-clock-preload.ts', import.meta.url);
    return { WRONG_CLOCK: this.#file, NODE_OPTIONS: `--import=${preload.href}` };
  }

  /** The processes see it within some milliseconds, and go on from there. */
  set(wallMs: number): void {
    writeFileSync(`${this.#file}.new`, String(Math.round(wallMs - Date.now())));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
