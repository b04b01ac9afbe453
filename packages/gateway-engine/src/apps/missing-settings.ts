import type { Manifest } from '@gateway-engine/app-package';
import type { HomeLayout } from '../home/layout.ts';
import { deliveryOf } from './delivery.ts';
import { readSettings } from './settings.ts';

/**
 * What keeps an application from being installed: values that it requires and that nobody has set, in words; undefined
 * when none are missing. Throws ConfigurationError when the settings cannot be read.
 */
export async function missingSettings(
  layout: HomeLayout,
  name: string,
  manifest: Manifest | undefined,
): Promise<string | undefined> {
  if (!manifest) return undefined;
  const [first, ...others] = deliveryOf(manifest, await readSettings(layout, name)).missing;
  if (first === undefined) return undefined;
  const how = manifest.config[first]?.secret ? '--secret' : 'VALUE';
  const more = others.length === 0 ? '' : `, and the same for ${others.join(', ')}`;
  return `it needs the configuration value ${first}: set it on this gateway with gwe config ${name} set ${first} ${how}${more}`;
}
