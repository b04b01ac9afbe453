import type { Manifest } from '@gateway-engine/app-package';
import type { HomeLayout } from '../home/layout.ts';
import { appPlaces, placeVariables } from './app-places.ts';

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A version of an application that is unpacked. */
export interface UnpackedApp {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly manifest?: Manifest | undefined;
}

/** The environment of what is run of a package: its installer and its hooks. */
export function packageEnvironment(layout: HomeLayout, app: UnpackedApp): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${layout.bin}:${process.env.PATH ?? usualPath}`,
    GWE_HOME: layout.root,
    ...placeVariables(appPlaces(layout, app.name), app.manifest),
    GWE_APP_NAME: app.name,
    GWE_APP_VERSION: app.version,
    GWE_APP_DIR: app.folder,
  };
}
