import { join } from 'node:path';
import type { Manifest } from '@gateway-engine/app-package';
import type { HomeLayout } from '../home/layout.ts';

/** Where one application has what is not of one of its versions. */
export interface AppPlaces {
  /** Link to the folder of the version that runs; only in the versioned layout. */
  readonly current: string;
  /** What it keeps over its updates. */
  readonly data: string;
  /** Configuration values that the operator has set. */
  readonly settings: string;
  /** Configuration values as they are delivered: the two below. */
  readonly delivered: string;
  /** Sets the variables, then becomes the program that its arguments name. */
  readonly environmentScript: string;
  /** Values that are files, by name. */
  readonly files: string;
}

export function appPlaces(layout: HomeLayout, name: string): AppPlaces {
  const delivered = join(layout.appConfig, name);
  return {
    current: join(layout.current, name),
    data: join(layout.data, name),
    settings: join(layout.appConfig, `${name}.json`),
    delivered,
    environmentScript: join(delivered, 'environment.sh'),
    files: join(delivered, 'files'),
  };
}

/** The variables that tell an application its places, as far as its `gwe.json` asks for them. */
export function placeVariables(places: AppPlaces, manifest: Manifest | undefined): Record<string, string> {
  if (!manifest) return {};
  const entries = Object.values(manifest.config);
  return {
    ...(manifest.layout === 'versioned' && { GWE_APP_DIR: places.current }),
    ...(manifest.data && { GWE_APP_DATA: places.data }),
    ...(entries.some(({ deliver }) => deliver === 'file') && { GWE_APP_CONFIG: places.files }),
  };
}
