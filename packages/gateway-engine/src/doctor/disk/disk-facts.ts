import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { HomeLayout } from '../../home/layout.ts';
import { type Attempt, attempt } from '../reading.ts';

export interface DiskFacts {
  readonly home: string;
  /** Undefined: there is no such folder. */
  readonly space: Attempt<Space> | undefined;
  /** Whether a file could be made, written, synced and removed. */
  readonly write: Attempt<unknown> | undefined;
  /** Whether the space that is kept occupied for a full disk is there; undefined when no engine has run yet. */
  readonly reserve: boolean | undefined;
}

export interface Space {
  readonly size: number;
  readonly available: number;
  /** 0 where the file system does not count them. */
  readonly inodes: number;
  readonly freeInodes: number;
}

export async function diskFacts(layout: HomeLayout): Promise<DiskFacts> {
  if (!(await isThere(layout.root))) {
    return { home: layout.root, space: undefined, write: undefined, reserve: undefined };
  }
  const space = await attempt(async () => {
    const { blocks, bavail, bsize, files, ffree } = await statfs(layout.root);
    return { size: blocks * bsize, available: bavail * bsize, inodes: files, freeInodes: ffree };
  });
  const folder = (await isThere(layout.state)) ? layout.state : layout.root;
  const write = await attempt(() => writeOnce(join(folder, `.doctor.${process.pid}`)));
  const reserve = (await isThere(layout.database)) ? await isThere(layout.reserve) : undefined;
  return { home: layout.root, space, write, reserve };
}

async function writeOnce(file: string): Promise<void> {
  try {
    const probe = await open(file, 'wx', 0o600);
    try {
      await probe.writeFile(Buffer.alloc(4096, 1));
      await probe.sync();
    } finally {
      await probe.close();
    }
  } finally {
    await rm(file, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    // Otherwise there is something that this user may not look at, or that is broken: the checks say what comes of it.
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
