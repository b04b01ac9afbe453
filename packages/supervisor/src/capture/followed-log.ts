import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

const longestPiece = 64 * 1024;

/**
 * Reads a log from near its end and goes on as it grows, as `tail -F` does: when it is set aside for a new file, the
 * rest of the old one comes first. Positions are bytes; a piece may end in the middle of a character.
 */
export class FollowedLog {
  readonly #path: string;
  #file: number;
  #position: number;

  /** Begins `head` bytes before the end. Throws when the file cannot be opened. */
  constructor(path: string, head: number) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    this.#position = Math.max(0, fstatSync(this.#file).size - head);
  }

  get modified(): Date {
    return fstatSync(this.#file).mtime;
  }

  /** What came since the last call, at most 64 KiB of it; undefined when nothing did. */
  read(): Uint8Array | undefined {
    const { size, ino, dev } = fstatSync(this.#file);
    if (size < this.#position) {
      this.#position = 0;
      return new TextEncoder().encode('==> File truncated <==\n');
    }
    if (size > this.#position) return this.#piece(size);
    const named = statSync(this.#path, { throwIfNoEntry: false });
    if (!named || (named.ino === ino && named.dev === dev)) return undefined;
    return this.#followTo(named);
  }

  close(): void {
    closeSync(this.#file);
  }

  #followTo(named: Stats): Uint8Array | undefined {
    const file = openSync(this.#path, 'r');
    closeSync(this.#file);
    this.#file = file;
    this.#position = 0;
    return named.size > 0 ? this.#piece(named.size) : undefined;
  }

  #piece(size: number): Uint8Array | undefined {
    const buffer = new Uint8Array(Math.min(longestPiece, size - this.#position));
    const count = readSync(this.#file, buffer, 0, buffer.length, this.#position);
    this.#position += count;
    return count === 0 ? undefined : buffer.subarray(0, count);
  }
}
