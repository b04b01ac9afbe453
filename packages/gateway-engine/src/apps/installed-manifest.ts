import { join } from 'node:path';
import { type Manifest, parseManifest } from '@gateway-engine/app-package';
import { readTextIfPresent } from '@gateway-engine/host';

/** What the `gwe.json` of an unpacked package says; undefined without one. Throws ManifestError. */
export async function installedManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readTextIfPresent(join(folder, 'gwe.json'));
  return text === undefined ? undefined : parseManifest(text);
}
