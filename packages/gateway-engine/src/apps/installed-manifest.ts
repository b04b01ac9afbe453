import { join } from 'node:path';
import { type Manifest, ManifestError, parseManifest } from '@gateway-engine/app-package';
import { readTextIfPresent } from '@gateway-engine/host';

/** What the `gwe.json` of an unpacked package says; undefined without one. Throws ManifestError. */
export async function installedManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readTextIfPresent(join(folder, 'gwe.json'));
  return text === undefined ? undefined : parseManifest(text);
}

/** The same where it may have been damaged by its program, or written for a later engine: gives the error. */
export async function manifestOrError(folder: string): Promise<Manifest | ManifestError | undefined> {
  try {
    return await installedManifest(folder);
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
}
