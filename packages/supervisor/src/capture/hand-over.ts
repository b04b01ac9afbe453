import { closeSync, constants, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelCalls } from './kernel-calls.ts';
import { readNote, writeNote } from './note.ts';
import type { LogPosition, RotatedLog } from './rotated-log.ts';

/** The pipe of a program: its open file, and the name by which the next supervisor finds it. */
export interface NamedPipe {
  readonly path: string;
  readonly file: number;
}

/** What is noted while bytes are on their way. */
interface Note {
  readonly pipe: string;
  readonly log: LogPosition;
  readonly bytes: number;
}

/**
 * As many bytes go at once: primes, each the largest below another multiple of 64 KiB. What a program repeats over and
 * over (`yes`) then begins elsewhere in its period after the bytes than with them, so that it is told from them.
 */
export const handOverSizes = [
  1048573, 982981, 917503, 851957, 786431, 720887, 655357, 589811, 524287, 458747, 393209, 327673, 262139,
  196597, 131071, 65521,
];

/**
 * Moves much output from a program's pipe to its log without holding up the program, and so that a kill at any point
 * loses none of it and repeats none:
 *
 * 1. `hand-over` gets the place in the log where the bytes will go;
 * 2. the pages of the pipe are handed to a pipe of our own, too: nothing is copied, and the program's pipe keeps them;
 * 3. the kernel moves them from ours to the log, which takes time, but holds nothing that the program needs;
 * 4. they are dropped from the program's pipe;
 * 5. `hand-over` is emptied.
 *
 * After a kill `recoverHandOver` drops what is in the log already. Whether 4 was done is told by the bytes themselves:
 * the pipe begins with those that the log ends with, or it does not. Only 64 KiB and more of one and the same byte could
 * be either.
 */
export class HandOver {
  readonly #kernel: KernelCalls;
  readonly #path: string;
  readonly #note: number;
  readonly #nowhere: number;
  readonly #ours: { readonly out: number; readonly in: number };

  /** `pipeBytes`: as much as the largest pipe of a program holds. Throws when the files cannot be made. */
  constructor(directory: string, kernel: KernelCalls, pipeBytes: number) {
    const ours = kernel.makePipe(pipeBytes);
    if (!ours) throw new Error('cannot make a pipe of that size');
    this.#ours = ours;
    this.#kernel = kernel;
    this.#nowhere = openSync('/dev/null', 'w');
    this.#path = join(directory, 'hand-over');
    this.#note = openSync(this.#path, 'w', 0o600);
    writeNote(this.#note, undefined);
  }

  /** `waiting`: how much is in the pipe. Gives how many bytes went to the log; 0 when all are where they were. */
  pass(pipe: NamedPipe, waiting: number, log: RotatedLog): number {
    const bytes = handOverSizes.find((size) => size <= waiting);
    const position = bytes === undefined ? undefined : log.position();
    if (bytes === undefined || !position) return 0;
    writeNote(this.#note, { pipe: pipe.path, log: position, bytes } satisfies Note);
    const shared = this.#kernel.share(pipe.file, this.#ours.in, bytes);
    const moved = shared === bytes ? log.takeFrom(this.#ours.out, shared, this.#kernel) : 0;
    drop(pipe.file, moved, this.#nowhere, this.#kernel);
    writeNote(this.#note, undefined);
    drop(this.#ours.out, shared - moved, this.#nowhere, this.#kernel);
    return moved;
  }

  close(): void {
    for (const file of [this.#ours.in, this.#ours.out, this.#nowhere, this.#note]) closeSync(file);
    // A note that could not be emptied would be taken for a true one some day.
    rmSync(this.#path, { force: true });
  }
}

/** Drops from a program's pipe what a killed supervisor has written to its log already. Gives the number of bytes. */
export function recoverHandOver(directory: string, kernel: KernelCalls, pipeBytes: number): number {
  const note = readNote<Note>(join(directory, 'hand-over'));
  const log = note && openedLog(note.log);
  if (!note || log === undefined) return 0;
  const pipe = openIfPresent(note.pipe, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    if (pipe === undefined) return 0;
    const written = Buffer.alloc(Math.max(0, Math.min(note.bytes, fstatSync(log).size - note.log.size)));
    readSync(log, written, 0, written.length, note.log.size);
    if (written.length === 0 || !startsWith(pipe, written, kernel, pipeBytes)) return 0;
    const nowhere = openSync('/dev/null', 'w');
    drop(pipe, written.length, nowhere, kernel);
    closeSync(nowhere);
    return written.length;
  } finally {
    closeSync(log);
    if (pipe !== undefined) closeSync(pipe);
  }
}

/** Looks without taking anything out. */
function startsWith(pipe: number, bytes: Buffer, kernel: KernelCalls, pipeBytes: number): boolean {
  const ours = kernel.makePipe(pipeBytes);
  if (!ours) throw new Error('cannot make a pipe to look into that of a program');
  try {
    const content = Buffer.alloc(kernel.share(pipe, ours.in, bytes.length));
    for (let read = 0; read < content.length; )
      read += readSync(ours.out, content, read, content.length - read, null);
    return content.equals(bytes);
  } finally {
    closeSync(ours.in);
    closeSync(ours.out);
  }
}

function drop(pipe: number, bytes: number, nowhere: number, kernel: KernelCalls): void {
  for (let left = bytes; left > 0; ) {
    const count = kernel.moveTo(pipe, nowhere, left);
    if (count === 0) throw new Error(`cannot drop ${left} bytes that are in the log`);
    left -= count;
  }
}

/** The file itself, also when it was set aside just then. */
function openedLog(at: LogPosition): number | undefined {
  for (const path of [at.path, `${at.path}.1`]) {
    const file = openIfPresent(path, constants.O_RDONLY);
    if (file === undefined) continue;
    if (fstatSync(file).ino === at.inode) return file;
    closeSync(file);
  }
  return undefined;
}

function openIfPresent(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
