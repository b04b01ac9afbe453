import { closeSync, fstatSync, openSync, type Stats, statSync } from 'node:fs';

/** A log that is open: which of its generations is told by the inode, since each rotation gives it another name. */
export interface OpenLog {
  readonly file: number;
  readonly inode: number;
}

const mostGenerations = 100;
const attempts = 10;
/** File systems stamp by ticks of the kernel, and a file that was just looked at more finely. */
const coarseMs = 100;

/** The name of a generation: FILE is the newest, FILE.1 the one before. */
export function generationName(path: string, generation: number): string {
  return generation === 0 ? path : `${path}.${generation}`;
}

/** Undefined when there is none, it is no file (a FIFO would block), or it was removed this moment. */
export function openLog(path: string): OpenLog | undefined {
  if (!statusOf(path)?.isFile()) return undefined;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { file, inode: fstatSync(file).ino };
}

/**
 * Opens the generation that was begun after this one; undefined when this is the newest. When this one is gone already,
 * the oldest of those that were written to after it.
 */
export function openNext(path: string, current: OpenLog): OpenLog | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const own = generationOf(path, current.inode);
    if (own === 0) return undefined;
    const next = openLog(generationName(path, own === undefined ? oldestAfter(path, current) : own - 1));
    // A rotation in between would have given the name to another one.
    if (generationOf(path, current.inode) === own) return next?.inode === current.inode ? closed(next) : next;
    if (next) closeSync(next.file);
  }
  return undefined;
}

function closed(log: OpenLog): undefined {
  closeSync(log.file);
  return undefined;
}

function generationOf(path: string, inode: number): number | undefined {
  for (let generation = 0, missing = 0; generation < mostGenerations && missing < 2; generation++) {
    const status = statusOf(generationName(path, generation));
    if (status?.ino === inode) return generation;
    // Between two renames of a rotation one of them is missing for a moment.
    missing = status ? 0 : missing + 1;
  }
  return undefined;
}

function oldestAfter(path: string, current: OpenLog): number {
  const written = fstatSync(current.file).mtimeMs;
  let oldest = 0;
  for (let generation = 1, missing = 0; generation < mostGenerations && missing < 2; generation++) {
    const status = statusOf(generationName(path, generation));
    missing = status ? 0 : missing + 1;
    if (status && status.mtimeMs < written - coarseMs) break;
    if (status) oldest = generation;
  }
  return oldest;
}

function statusOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
