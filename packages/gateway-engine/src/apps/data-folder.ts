import { chown, rmdir } from 'node:fs/promises';
import { makeDirectory, syncDirectory } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { appPlaces } from './app-places.ts';
import type { Owner } from './program-user.ts';

/** Makes the folder that an application keeps over its updates, for its program's user. What is in it is never touched. */
export async function makeDataFolder(
  layout: HomeLayout,
  name: string,
  owner: Owner | undefined,
): Promise<void> {
  const { data } = appPlaces(layout, name);
  await makeDirectory(layout.data);
  await makeDirectory(data, 0o750);
  if (owner) await chown(data, owner.uid, owner.gid);
  await syncDirectory(layout.data);
}

/** Takes the folder away again if nothing was put into it. */
export async function removeEmptyDataFolder(layout: HomeLayout, name: string): Promise<void> {
  try {
    await rmdir(appPlaces(layout, name).data);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
