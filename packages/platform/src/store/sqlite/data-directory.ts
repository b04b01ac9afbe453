import { access, chmod, constants, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeError, makeDirectory } from '@gateway-engine/host';

/** A directory in which the platform cannot keep its data: which, why, and what to do about it. */
export class DataDirectoryError extends Error {
  readonly code = 'DATA_DIRECTORY';
}

/** The places within the data directory. */
export interface DataDirectory {
  readonly path: string;
  readonly database: string;
  /** Content that was received whole, one file each, which never changes. */
  readonly content: string;
  /** Uploads under way. On the file system of `content`, so that a finished one can be renamed into it. */
  readonly uploads: string;
  /** Lets another process use the directory. The end of this process does so too. */
  release(): void;
}

/** Makes the directory when it is missing and takes it for this process alone. Throws DataDirectoryError. */
export async function takeDataDirectory(path: string): Promise<DataDirectory> {
  const directory = resolve(path);
  const content = join(directory, 'content');
  const uploads = join(directory, 'uploads');
  try {
    await makeDirectory(directory, 0o700);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const folder of [content, uploads]) await makeDirectory(folder, 0o700);
  } catch (cause) {
    throw new DataDirectoryError(
      `cannot keep data in ${directory} (${describeError(cause)}): give a directory that can be written to`,
    );
  }
  const lock = await takeLock(directory);
  return {
    path: directory,
    database: join(directory, 'platform.db'),
    content,
    uploads,
    release: () => lock.close(),
  };
}

/** Removes the files of a folder that are not in `wanted`: what a crash left behind. */
export async function removeOthers(folder: string, wanted: ReadonlySet<string>): Promise<number> {
  const unwanted = (await readdir(folder)).filter((name) => !wanted.has(name));
  for (const name of unwanted) await rm(join(folder, name), { recursive: true, force: true });
  return unwanted.length;
}

/** An empty database under an exclusive transaction: a lock that the kernel lifts when the process ends, however. */
async function takeLock(directory: string): Promise<DatabaseSync> {
  const path = join(directory, 'lock');
  let lock: DatabaseSync | undefined;
  try {
    // With some patience, so that of two who come at once one gets it and not none.
    lock = new DatabaseSync(path, { timeout: 1000 });
    lock.exec('BEGIN EXCLUSIVE');
    await chmod(path, 0o600);
    return lock;
  } catch (cause) {
    lock?.close();
    const problem = describeError(cause);
    throw new DataDirectoryError(
      /locked|busy/i.test(problem)
        ? `${directory} is in use by another gwe-platform: stop that one or give another directory`
        : `cannot lock ${path} (${problem}): give a directory on a local disk that can be written to`,
      { cause },
    );
  }
}
