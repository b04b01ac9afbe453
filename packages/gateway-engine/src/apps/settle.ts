import type { Manifest } from '@gateway-engine/app-package';
import type { HomeLayout } from '../home/layout.ts';
import { switchCurrent } from './current-version.ts';
import { makeDataFolder, removeEmptyDataFolder } from './data-folder.ts';
import { deliverSettings } from './deliver.ts';
import { programOwner } from './program-user.ts';

/** A version of an application, as far as what it has beside its folder depends on it. */
export interface SettledVersion {
  readonly version: string;
  readonly manifest: Manifest | undefined;
  /** Its program's entry at the supervisor; null without one. */
  readonly entry: string | null;
}

/** Gives a version its data folder and its configuration values. Its program must not run. May be repeated. */
export async function provideFor(layout: HomeLayout, name: string, to: SettledVersion): Promise<void> {
  const owner = programOwner(name, to.entry);
  if (to.manifest?.data) await makeDataFolder(layout, name, owner);
  await deliverSettings(layout, name, to.manifest, owner);
}

/** Makes a version the one that runs, in the layout that it has. May be repeated. */
export async function makeCurrent(layout: HomeLayout, name: string, to: SettledVersion): Promise<void> {
  await switchCurrent(layout, name, to.manifest?.layout === 'versioned' ? to.version : null);
}

/**
 * Takes away what an application that is gone had beside its folders. The operator's settings and what the application
 * has put into its data folder stay, for the day that it comes back.
 */
export async function unsettle(layout: HomeLayout, name: string): Promise<void> {
  await switchCurrent(layout, name, null);
  await deliverSettings(layout, name, undefined, undefined);
  await removeEmptyDataFolder(layout, name);
}
