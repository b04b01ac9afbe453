import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Clock } from '@gateway-engine/host';

/** More than this is not kept in memory for a program that does not read its standard input. */
const mostUnread = 1024 * 1024;
const retryMs = 20;

/**
 * The standard input of a program: a FIFO, so that it meets no end of file when its supervisor dies, and the next
 * supervisor can go on writing to it.
 */
export class InputChannel {
  readonly #path: string;
  readonly #clock: Clock;
  #file: number | undefined;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #retry: { cancel(): void } | undefined;

  /** The FIFO at `path` must exist. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** A file descriptor to give to the program; the caller closes it after that. */
  openForProgram(): number {
    this.close();
    return openSync(this.#path, constants.O_RDWR);
  }

  /** False when nobody reads it any more. */
  write(text: string): boolean {
    if (this.#unreadBytes > mostUnread) return false;
    try {
      // Fails (ENXIO) when the program has closed its standard input.
      this.#file ??= openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      return false;
    }
    const bytes = Buffer.from(text);
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    return this.#push();
  }

  /** Forgets what was not read. */
  close(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#unread = [];
    this.#unreadBytes = 0;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #push(): boolean {
    this.#retry?.cancel();
    this.#retry = undefined;
    for (let first = this.#unread[0]; first !== undefined; first = this.#unread[0]) {
      const count = this.#writeSome(first);
      if (count === undefined) return false;
      this.#unreadBytes -= count;
      if (count === first.length) this.#unread.shift();
      else {
        this.#unread[0] = first.subarray(count);
        this.#retry = this.#clock.after(retryMs, () => this.#push());
        return true;
      }
    }
    return true;
  }

  /** 0 when the pipe is full; undefined when there is no reader. */
  #writeSome(bytes: Buffer): number | undefined {
    try {
      return writeSync(this.#file as number, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      this.close();
      return undefined;
    }
  }
}
