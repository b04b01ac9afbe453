import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelCalls } from './kernel-calls.ts';

/**
 * A shell that does nothing but hold a pipe open, so that what is in the pipe outlives a killed supervisor. It waits for
 * a line from a FIFO that it alone holds open: whoever can open that for writing knows that it lives, and ends it with a
 * line. So no pid must be noted, and none can be mistaken.
 */
export class PipeKeeper {
  readonly #directory: string;
  readonly #fifo: string;
  readonly #kernel: KernelCalls;

  constructor(directory: string, kernel: KernelCalls) {
    this.#directory = directory;
    this.#fifo = join(directory, 'keeper');
    this.#kernel = kernel;
  }

  get isAlive(): boolean {
    const line = this.#open();
    if (line !== undefined) closeSync(line);
    return line !== undefined;
  }

  /** There must be none. Throws, or tells `onError` later, when it cannot be started. */
  start(pipe: number, onError: (error: Error) => void): void {
    this.#forget();
    this.#kernel.makeFifo(this.#fifo);
    const line = openSync(this.#fifo, constants.O_RDWR);
    try {
      const keeper = spawn('/bin/sh', ['-c', 'read -r end', `keeper of ${this.#directory}/second-pipe`], {
        cwd: '/',
        env: {},
        // A session of its own: what ends the supervisor from a terminal is not for it.
        detached: true,
        stdio: [line, pipe, 'ignore'],
      });
      keeper.on('error', onError);
      keeper.unref();
    } finally {
      closeSync(line);
    }
  }

  end(): void {
    const line = this.#open();
    if (line === undefined) return;
    try {
      writeSync(line, '\n');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    } finally {
      closeSync(line);
    }
    // It may take a moment to end, and must not be counted upon in that.
    this.#forget();
  }

  /** Undefined when no keeper holds it open. */
  #open(): number | undefined {
    try {
      return openSync(this.#fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      // ENOENT, ENXIO; for want of file descriptors it cannot be counted upon either.
      return undefined;
    }
  }

  #forget(): void {
    rmSync(this.#fifo, { force: true });
  }
}
