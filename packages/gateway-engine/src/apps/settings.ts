import { rm } from 'node:fs/promises';
import { configName } from '@gateway-engine/app-package';
import { makeDirectory, readTextIfPresent, syncDirectory, writeDurably } from '@gateway-engine/host';
import { z } from 'zod';
import { ConfigurationError } from '../configuration/config-error.ts';
import type { HomeLayout } from '../home/layout.ts';
import { appPlaces } from './app-places.ts';

/** One configuration value that the operator has set. */
export interface Setting {
  readonly value: string;
  /** Whether it was given as a secret, which is never shown. */
  readonly secret: boolean;
}

export type Settings = ReadonlyMap<string, Setting>;

/** The most bytes that one value may have. */
export const longestValue = 64 * 1024;

const file = z.strictObject({
  values: z.record(
    z.string().regex(configName),
    z.strictObject({ value: z.string(), secret: z.boolean().default(false) }),
  ),
});

/** What is set for an application; nothing when there is no file. Throws ConfigurationError, which names no value. */
export async function readSettings(layout: HomeLayout, name: string): Promise<Settings> {
  const path = appPlaces(layout, name).settings;
  const text = await readTextIfPresent(path);
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(file.parse(JSON.parse(text)).values));
  } catch {
    // What could not be read may hold secrets, and so may the parser's message.
    throw new ConfigurationError(
      `${path} cannot be read as configuration values; remove it and set them again with gwe config ${name} set`,
    );
  }
}

/** Writes what is set for an application, for the engine's user only. */
export async function writeSettings(layout: HomeLayout, name: string, settings: Settings): Promise<void> {
  const path = appPlaces(layout, name).settings;
  await makeDirectory(layout.appConfig);
  if (settings.size === 0) {
    await rm(path, { force: true });
    await syncDirectory(layout.appConfig);
    return;
  }
  const values = Object.fromEntries([...settings].sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeDurably(path, `${JSON.stringify({ values }, null, 2)}\n`, { mode: 0o600 });
}
