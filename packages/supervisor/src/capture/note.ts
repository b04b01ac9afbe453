import { readFileSync, writeSync } from 'node:fs';

/** Notes what is under way, for the next supervisor. In one write and within a page, so that a kill leaves no half of it. */
export function writeNote(file: number, note: unknown): void {
  writeSync(file, `${JSON.stringify(note ?? null)}\n`, 0);
}

/** Undefined when nothing is noted. Behind the note may stand the end of one that was longer. */
export function readNote<T>(path: string): T | undefined {
  const text = readIfPresent(path).toString('utf8');
  const end = text.indexOf('\n');
  return (end < 0 ? null : (JSON.parse(text.slice(0, end)) as T | null)) ?? undefined;
}

/** Nothing when there is no such file. */
export function readIfPresent(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
