import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelCalls } from './kernel-calls.ts';
import { readIfPresent, readNote, writeNote } from './note.ts';
import type { OutputSink } from './output-sink.ts';
import type { LogPosition } from './rotated-log.ts';

/** The most that is taken from a pipe at a time. */
export const chunkBytes = 64 * 1024;

/**
 * Output on its way from a program's pipe to its log. Reading a pipe takes the bytes out of it, so that a kill between
 * that and the writing of the log would lose them. Here the kernel moves them to a file instead, and they stay there
 * until they are in the log:
 *
 * 1. `head` gets the place in the log where the bytes will go (`spool` is empty: nothing is on its way);
 * 2. the bytes are moved from the pipe to `spool` in one step;
 * 3. they are written to the log;
 * 4. `spool` is emptied.
 *
 * A kill after 2 is made good by `recoverOutput`: what of the bytes is not in the log at that place is added to it.
 * One chunk at a time is on its way, since all of this happens without a pause. Nothing is fsynced: this is for a kill,
 * and a loss of power ends the programs too.
 */
export class OutputSpool {
  readonly #kernel: KernelCalls;
  readonly #spool: number;
  readonly #head: number;
  readonly #buffer = new Uint8Array(chunkBytes);

  /** Throws when the files cannot be made. */
  constructor(directory: string, kernel: KernelCalls) {
    this.#kernel = kernel;
    this.#spool = openSync(join(directory, 'spool'), 'w+', 0o600);
    this.#head = openSync(join(directory, 'spool.head'), 'w', 0o600);
  }

  /** Takes a chunk out of a pipe and gives it to `write`. Gives its length; 0 when nothing was there or could be moved. */
  pass(pipe: number, sink: OutputSink): number {
    writeNote(this.#head, sink.position());
    const count = this.#kernel.moveToFile(pipe, this.#spool, chunkBytes);
    if (count === 0) return 0;
    readSync(this.#spool, this.#buffer, 0, count, 0);
    sink.write(this.#buffer.subarray(0, count));
    ftruncateSync(this.#spool, 0);
    return count;
  }

  close(): void {
    closeSync(this.#spool);
    closeSync(this.#head);
  }
}

/** Writes to its log what a killed supervisor had on its way there. Gives the number of bytes that were missing. */
export function recoverOutput(directory: string): number {
  const chunk = readIfPresent(join(directory, 'spool'));
  if (chunk.length === 0) return 0;
  const at = readNote<LogPosition>(join(directory, 'spool.head'));
  // Without a log nobody would have kept the bytes.
  if (!at) return 0;
  let log: number;
  try {
    log = openSync(at.path, constants.O_RDWR | constants.O_APPEND);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  try {
    // Another file by now: the log was rotated, which is done after the bytes were written.
    const status = fstatSync(log);
    if (status.ino !== at.inode || (at.transformed && status.size > at.size)) return 0;
    const present = new Uint8Array(chunk.length);
    const length = readSync(log, present, 0, present.length, at.size);
    let known = 0;
    while (known < length && present[known] === chunk[known]) known += 1;
    for (let written = known; written < chunk.length; ) written += writeSync(log, chunk, written);
    return chunk.length - known;
  } finally {
    closeSync(log);
  }
}
