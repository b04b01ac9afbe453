import type { Manifest } from '@gateway-engine/app-package';
import type { Settings } from './settings.ts';

/** One configuration value as it may be shown: the value of a secret is null. */
export interface ListedSetting {
  readonly name: string;
  readonly value: string | null;
  readonly secret: boolean;
  readonly from: 'set' | 'default' | 'none';
  readonly required: boolean;
  readonly deliver: 'environment' | 'file' | null;
  /** Whether the installed version takes it. */
  readonly taken: boolean;
  readonly description: string;
}

/** What an application takes and what is set for it, by name; secrets without their value. */
export function listSettings(manifest: Manifest | undefined, settings: Settings): ListedSetting[] {
  const entries = new Map(Object.entries(manifest?.config ?? {}));
  const names = [...new Set([...entries.keys(), ...settings.keys()])].sort();
  return names.map((name) => {
    const [entry, setting] = [entries.get(name), settings.get(name)];
    const secret = isSecret(name, manifest, settings);
    const value = setting?.value ?? entry?.default;
    return {
      name,
      value: secret ? null : (value ?? null),
      secret,
      from: setting ? 'set' : entry?.default === undefined ? 'none' : 'default',
      required: entry?.required ?? false,
      deliver: entry?.deliver ?? null,
      taken: entry !== undefined,
      description: entry?.description ?? '',
    };
  });
}

/** Whether a value is a secret, by what the application says or by how it was set. */
export function isSecret(name: string, manifest: Manifest | undefined, settings: Settings): boolean {
  const entries = manifest?.config ?? {};
  const declared = Object.hasOwn(entries, name) ? entries[name] : undefined;
  return declared?.secret === true || settings.get(name)?.secret === true;
}
