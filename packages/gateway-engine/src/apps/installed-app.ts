import { existsSync } from 'node:fs';
import type { Manifest } from '@gateway-engine/app-package';
import { systemClock } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { InstallJournal } from '../ota/journal.ts';
import { PackageFiles } from '../ota/package-files.ts';
import type { InstallState } from '../ota/states.ts';
import { subjectOf } from '../ota/subject.ts';
import { openEngineDatabase } from '../state/database.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import { installedManifest } from './installed-manifest.ts';

/** States in which it is not decided which version's values are to be delivered. */
const statesInHand: ReadonlySet<InstallState> = new Set([
  'stopping',
  'installing',
  'starting',
  'probation',
  'removing',
  'rolling-back',
]);

/** What a command needs to know of an application on this gateway. */
export interface InstalledAppFacts {
  readonly version: string;
  readonly manifest: Manifest | undefined;
  /** The state of an update or removal that has its program in hand just now. */
  readonly inHand: InstallState | undefined;
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
    const work = journal.unfinished().filter((install) => subjectOf(install) === name);
    const inHand = work.map(({ state }) => state).find((state) => statesInHand.has(state));
    return { version: app.version, manifest, inHand };
  } finally {
    database.close();
  }
}
