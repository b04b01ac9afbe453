import { closeSync, fstatSync, readSync } from 'node:fs';
import { type OpenLog, openLog, openNext } from './generations.ts';
import { startOfLastLines } from './last-lines.ts';
import { LineReader } from './line-reader.ts';

const pieceBytes = 64 * 1024;

/**
 * The last lines of a log, and on request what has come since: over any number of rotations (FILE becomes FILE.1 and so
 * on), after it was emptied, and when it is made only later.
 *
 * Invariant: each line is given once, in order, as long as the generation that it stands in is there when it is read.
 */
export class FollowedLines {
  readonly #path: string;
  readonly #reader = new LineReader();
  readonly #buffer = Buffer.alloc(pieceBytes);
  #log: OpenLog | undefined;
  #position = 0;

  constructor(path: string, lines: number) {
    this.#path = path;
    const start = startOfLastLines(path, lines);
    this.#log = start?.log;
    this.#position = start?.position ?? 0;
  }

  /** What has come since the last call. Throws when the file cannot be read. */
  read(): string[] {
    const lines: string[] = [];
    this.#log ??= openLog(this.#path);
    while (this.#log) {
      lines.push(...this.#toTheEnd(this.#log));
      const next = openNext(this.#path, this.#log);
      if (!next) break;
      // Written between the look at its end and the rotation.
      lines.push(...this.#toTheEnd(this.#log));
      closeSync(this.#log.file);
      this.#log = next;
      this.#position = 0;
    }
    return lines;
  }

  /** What has come of a line that is not complete. */
  rest(): string[] {
    return this.#reader.rest();
  }

  close(): void {
    if (this.#log) closeSync(this.#log.file);
    this.#log = undefined;
  }

  #toTheEnd({ file }: OpenLog): string[] {
    // Emptied where it is.
    if (fstatSync(file).size < this.#position) this.#position = 0;
    const lines: string[] = [];
    for (;;) {
      const count = readSync(file, this.#buffer, 0, pieceBytes, this.#position);
      if (count === 0) return lines;
      this.#position += count;
      lines.push(...this.#reader.add(this.#buffer.subarray(0, count)));
    }
  }
}
