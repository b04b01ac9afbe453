import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file so that after a power cut either the old or the new content is there, never a mixture:
 * temporary file, write, fsync, rename, fsync of the directory.
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; owner?: { readonly uid: number; readonly gid: number } } = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${temporaryNumber()}`);
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o644);
    try {
      if (options.owner) await file.chown(options.owner.uid, options.owner.gid);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes renames, creations and removals in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  let directory: FileHandle | undefined;
  try {
    directory = await open(path, 'r');
    await directory.sync();
  } finally {
    await directory?.close();
  }
}

/** The text of a file, or undefined when there is none. Other failures are thrown. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes a directory and those above it that are missing; one that is there already is left as it is.
 *
 * Not left to Node.js's `recursive` option, which never returns on a file system that answers ENOENT to every mkdir
 * (/proc).
 */
export async function makeDirectory(path: string, mode = 0o755): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path), mode);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const isDirectory =
      (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory();
    if (!isDirectory) throw error;
  }
}

function temporaryNumber(): string {
  return Math.random().toString(36).slice(2, 10);
}
