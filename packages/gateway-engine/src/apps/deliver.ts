import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '@gateway-engine/app-package';
import { makeDirectory, syncDirectory, writeDurably } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { appPlaces } from './app-places.ts';
import { deliveryOf, environmentScript, takesVariables } from './delivery.ts';
import type { Owner } from './program-user.ts';
import { readSettings } from './settings.ts';

/**
 * Puts an application's configuration values where its program reads them, and nothing else there. Only the program's
 * user can read them; the folders are the engine's, so that no program can put something in their place. May be repeated.
 */
export async function deliverSettings(
  layout: HomeLayout,
  name: string,
  manifest: Manifest | undefined,
  owner: Owner | undefined,
): Promise<void> {
  const places = appPlaces(layout, name);
  const { variables, files } = deliveryOf(manifest, await readSettings(layout, name));
  const script = takesVariables(manifest) ? environmentScript(name, variables) : undefined;
  if (script === undefined && files.size === 0) {
    await rm(places.delivered, { recursive: true, force: true });
    return;
  }
  for (const folder of [places.delivered, places.files]) {
    await makeDirectory(folder);
    await chmod(folder, 0o711);
  }
  const secretly = { mode: 0o600, ...(owner && { owner }) };
  if (script === undefined) await rm(places.environmentScript, { force: true });
  else await writeDurably(places.environmentScript, script, secretly);
  for (const [file, value] of files) await writeDurably(join(places.files, file), value, secretly);
  for (const file of await readdir(places.files)) {
    if (!files.has(file)) await rm(join(places.files, file), { force: true });
  }
  await syncDirectory(places.files);
}
