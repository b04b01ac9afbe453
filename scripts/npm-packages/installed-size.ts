import { execFile } from 'node:child_process';
import { globSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Installs tarballs, and from the registry what they depend on, in a folder that has nothing else.
 *
 * @param node the Node.js that runs npm; a package that wants another one is refused
 */
export async function installTarballs(
  folder: string,
  tarballs: readonly string[],
  node: string,
): Promise<void> {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ private: true, type: 'module' })}\n`);
  const { stdout } = await promisify(execFile)('sh', ['-c', 'realpath "$(command -v npm)"']);
  const options = ['--engine-strict', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await promisify(execFile)(node, [stdout.trim(), 'install', ...options, '--loglevel=error', ...tarballs], {
    cwd: folder,
  });
}

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** How many packages come with one that is installed in `folder`, itself among them, and the bytes of their files. */
export function installedSize(folder: string, name: string): { packages: number; bytes: number } {
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  const installed = new Map(Object.entries(lock.packages as Record<string, LockedPackage>));
  const reached = withDependencies(installed, `node_modules/${name}`);
  const bytes = reached.reduce((sum, path) => sum + bytesOf(join(folder, path)), 0);
  return { packages: reached.length, bytes };
}

/** @param installed by path, as npm's lock file has them */
export function withDependencies(installed: ReadonlyMap<string, LockedPackage>, path: string): string[] {
  const reached = new Set<string>();
  const waiting = [path];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const found = installed.get(at);
    if (!found || reached.has(at)) continue;
    reached.add(at);
    for (const name of Object.keys({ ...found.dependencies, ...found.optionalDependencies })) {
      const place = placeOf(installed, at, name);
      if (place !== undefined) waiting.push(place);
    }
  }
  return [...reached];
}

/** Where Node.js finds a package that the one at `from` asks for: beside its own files, or in a folder above. */
function placeOf(
  installed: ReadonlyMap<string, LockedPackage>,
  from: string,
  name: string,
): string | undefined {
  for (let folder: string = from; ; ) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (installed.has(place)) return place;
    if (folder === '') return undefined;
    const above = folder.lastIndexOf('/node_modules/');
    folder = above === -1 ? '' : folder.slice(0, above);
  }
}

/** Packages inside of this one are counted as such. */
function bytesOf(folder: string): number {
  return globSync('**/*', {
    cwd: folder,
    exclude: (path) => String(path).split('/').includes('node_modules'),
  })
    .map((path) => lstatSync(join(folder, path)))
    .reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0);
}
