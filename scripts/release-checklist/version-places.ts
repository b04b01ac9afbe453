import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { trackedFiles } from './tracked-files.ts';

/** A file in which the version of this software stands, and how to read and change it there. */
export interface VersionPlace {
  readonly path: string;
  /** Every version in it; they have to be the same. */
  versions(text: string): string[];
  with(text: string, version: string): string;
}

const scope = '@gateway-engine/';
const rootName = 'gateway-engine-repository';

/** Every place of the repository. Workspaces depend on each other by exact versions, which count as well. */
export function versionPlaces(root: string): VersionPlace[] {
  const files = trackedFiles(root).filter((path) => existsSync(join(root, path)));
  const named = (name: string) => files.filter((path) => path.split('/').at(-1) === name);
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const manifests = named('package.json').filter((path) => isOwn(read(path)));
  const folders = new Set(manifests.map((path) => path.replace(/(?:^|\/)package\.json$/, '')));
  const locks = named('package-lock.json').filter((path) =>
    folders.has(path.replace(/(?:^|\/)package-lock\.json$/, '')),
  );
  const python = files.filter((path) => path === 'clients/python/exo/__init__.py');
  const buildFiles = files.filter((path) => path === 'clients/python/gwe-buildfile.json');
  return [
    ...manifests.map(manifest),
    ...locks.map(lock),
    ...python.map((path) => byPattern(path, /^(__version__ = ")([^"]+)(")$/gm)),
    ...buildFiles.map((path) => byPattern(path, /^( {2}"version": ")([^"]+)(")/gm)),
    // What the documentation calls the package of the Python client.
    ...files
      .filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md')
      .map((path) => byPattern(path, /(\bexo\.v)(\d+\.\d+\.\d+[^\s`"')/]*?)(\.tar\.gz)/g))
      .filter((place) => place.versions(read(place.path)).length > 0),
  ];
}

function isOwn(text: string): boolean {
  const { name = '' } = JSON.parse(text) as { name?: string };
  return name === rootName || name.startsWith(scope);
}

function byPattern(path: string, pattern: RegExp): VersionPlace {
  return {
    path,
    versions: (text) => [...text.matchAll(pattern)].map((found) => found[2] ?? ''),
    with: (text, version) =>
      text.replace(pattern, (_all, before: string, _version, after: string) => before + version + after),
  };
}

/** By text: a formatter has its own mind about the rest. */
function manifest(path: string): VersionPlace {
  return byPattern(path, /^( {2}"version": "| {4}"@gateway-engine\/[^"]+": ")([^"]+)(")/gm);
}

interface LockEntry {
  name?: string;
  version?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** A lock file has the version of each workspace, and what they want of each other. */
function lock(path: string): VersionPlace {
  const visit = (text: string, each: (version: string) => string): string => {
    const content = JSON.parse(text) as { version?: string; packages: Record<string, LockEntry> };
    if (content.version !== undefined) content.version = each(content.version);
    for (const [folder, entry] of Object.entries(content.packages)) {
      const isWorkspace = !folder.split('/').includes('node_modules');
      if (isWorkspace && entry.version !== undefined) entry.version = each(entry.version);
      for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
        for (const [name, wanted] of Object.entries(entry[kind] ?? {})) {
          if (name.startsWith(scope)) (entry[kind] as Record<string, string>)[name] = each(wanted);
        }
      }
    }
    return `${JSON.stringify(content, undefined, 2)}\n`;
  };
  return {
    path,
    versions: (text) => {
      const found: string[] = [];
      visit(text, (version) => {
        found.push(version);
        return version;
      });
      return found;
    },
    with: (text, version) => visit(text, () => version),
  };
}
