import { rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { makeDirectory, syncDirectory } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { appPlaces } from './app-places.ts';

/**
 * Makes a version the one that an application of the versioned layout runs from: at any moment, also of a power cut, the
 * link names the one before or this one. `null`: it has no such version any more.
 */
export async function switchCurrent(layout: HomeLayout, name: string, version: string | null): Promise<void> {
  const { current } = appPlaces(layout, name);
  const folder = dirname(current);
  if (version === null) {
    await rm(current, { force: true });
  } else {
    await makeDirectory(folder);
    // A name with a dot in front is no application's.
    const made = join(folder, `.${name}.new`);
    await rm(made, { force: true });
    await symlink(relative(folder, join(layout.apps, name, version)), made);
    await rename(made, current);
  }
  await syncIfPresent(folder);
}

async function syncIfPresent(folder: string): Promise<void> {
  try {
    await syncDirectory(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
