import { closeSync, constants, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';

/** Where a supervisor notes what the next one must know. */
export interface StateFolder {
  readonly path: string;
  /** A restart of the machine ends every program: what was noted before it says nothing. */
  readonly boot: string;
}

export interface Stored<T> {
  readonly format: 2;
  readonly boot: string;
  /** Milliseconds since that boot. */
  readonly savedAt: number;
  readonly content: T;
}

/** What the kernel writes to a file without looking whether the writer was killed. */
const pageBytes = 4096;

/**
 * Written at once and not asynchronously, so that a kill of the supervisor finds it; not fsynced, since what would lose
 * it (loss of power) ends the programs as well.
 *
 * In one write and within a page, filled up with blanks, over what was there: a kill leaves no half of it, and a new file
 * for each change of state would cost more than all the rest of a start. What is longer becomes a new file, which gets the
 * name when it is whole.
 */
export function store(path: string, { boot }: StateFolder, content: unknown): void {
  const stored: Stored<unknown> = { format: 2, boot, savedAt: sinceBootMs(), content };
  const text = Buffer.from(JSON.stringify(stored));
  if (text.length >= pageBytes) {
    writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return;
  }
  const filled = Buffer.alloc(pageBytes, ' ');
  filled.set(text);
  filled.write('\n', pageBytes - 1);
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    writeSync(file, filled, 0, pageBytes, 0);
  } finally {
    closeSync(file);
  }
}

/** Undefined when there is nothing from this boot. */
export function load<T>(path: string, { boot }: StateFolder): Stored<T> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    // Behind the first line may stand the end of one that was longer than a page.
    const stored = JSON.parse(text.split('\n', 1)[0] ?? '') as Stored<T>;
    return stored.format === 2 && stored.boot === boot ? stored : undefined;
  } catch {
    // A loss of power can leave any content; the programs are gone with it.
    return undefined;
  }
}

/** The kernel's own clock: the one that goes on while there is no supervisor. */
export function sinceBootMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
}
