import { existsSync } from 'node:fs';
import type { Manifest } from '@gateway-engine/app-package';
import { systemClock } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { InstallJournal } from '../ota/journal.ts';
import { PackageFiles } from '../ota/package-files.ts';
import { appOf } from '../ota/tarball-app.ts';
import { openEngineDatabase } from '../state/database.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import { installedManifest } from './installed-manifest.ts';

/** What a command needs to know of an application on this gateway. */
export interface InstalledAppFacts {
  readonly version: string;
  readonly manifest: Manifest | undefined;
  /** The state of an install of it that is under way. */
  readonly underWay: string | undefined;
}

/** Looks an application up, whether the engine runs or not; undefined when it is not installed. */
export async function findInstalledApp(
  layout: HomeLayout,
  name: string,
): Promise<InstalledAppFacts | undefined> {
  // A home in which no engine has run is not given a database by looking at it.
  if (!existsSync(layout.database)) return undefined;
  const database = await openEngineDatabase(layout);
  try {
    const journal = new InstallJournal(database, new StatusOutbox(database), systemClock);
    const app = journal.app(name);
    if (!app) return undefined;
    const manifest = await installedManifest(new PackageFiles(layout).folder(name, app.version));
    const underWay = journal.unfinished().find(({ tarball }) => appOf(tarball) === name)?.state;
    return { version: app.version, manifest, underWay };
  } finally {
    database.close();
  }
}
