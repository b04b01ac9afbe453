import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
export const scope = '@gateway-engine/';

/** The packages that are published, lower floors first: the compiler is given their files in this order. */
export const publishable = [
  'host',
  'device-api',
  'device-client',
  'app-package',
  'supervisor',
  'gmq',
  'platform',
  'gateway-engine',
  'solution-app',
] as const;
export type PackageName = (typeof publishable)[number];

export const folderOf = (name: PackageName): string => join(root, 'packages', name);

/** What the package.json of a package in this repository says, as far as publishing is concerned. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly keywords?: readonly string[];
  readonly sideEffects?: boolean;
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export function readManifest(name: PackageName): SourceManifest {
  return JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8'));
}

/** The version of each package that one of the published ones depends on. */
export function versionsInUse(): Readonly<Record<string, string>> {
  return Object.assign({}, ...publishable.map((name) => readManifest(name).dependencies ?? {}));
}
