import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Check, outcome } from './check.ts';
import { trackedFiles } from './tracked-files.ts';

interface Manifest {
  readonly version?: string;
  readonly link?: boolean;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, Manifest>>;

const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/**
 * Whether `npm ci` would take a lock file as it is: what it says of the workspaces is what their package.json files say, and
 * all that anything depends on is there, the optional packages of other platforms included.
 */
export const completeLocks: Check = {
  name: 'lock files are complete',
  run: ({ root }) => {
    const locks = trackedFiles(root).filter((path) => /(?:^|\/)package-lock\.json$/.test(path));
    const problems = locks.flatMap((path) => problemsOf(root, path));
    return outcome(
      problems,
      locks.join(', '),
      'npm install --package-lock-only in its folder, and commit the lock file',
    );
  },
};

function problemsOf(root: string, path: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, path), 'utf8')) as { packages: Packages };
  const folder = join(root, dirname(path));
  return [
    ...Object.keys(packages)
      .filter((key) => !key.split('/').includes('node_modules'))
      .flatMap((key) => differences(folder, key, packages[key] ?? {})),
    ...Object.keys(packages).flatMap((key) => missing(key, packages)),
  ].map((problem) => `${path}: ${problem}`);
}

/** Where a workspace's entry is not what its package.json says. */
function differences(folder: string, key: string, entry: Manifest): string[] {
  const file = join(folder, key, 'package.json');
  if (!existsSync(file)) return [`it has "${key}", which is not there`];
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  return kinds.flatMap((kind) => {
    const [wanted, locked] = [manifest[kind] ?? {}, entry[kind] ?? {}];
    const names = new Set([...Object.keys(wanted), ...Object.keys(locked)]);
    return [...names]
      .filter((name) => wanted[name] !== locked[name])
      .map(
        (name) =>
          `"${key}" wants ${name} ${wanted[name] ?? '(no more)'}, locked is ${locked[name] ?? 'nothing'}`,
      );
  });
}

function missing(key: string, packages: Packages): string[] {
  const entry = packages[key] ?? {};
  // Those of a package that was installed are of no interest.
  const wanted = { ...entry.dependencies, ...entry.optionalDependencies };
  if (!key.split('/').includes('node_modules')) Object.assign(wanted, entry.devDependencies);
  return Object.entries(wanted).flatMap(([name, version]) => {
    const found = lookUp(key, name, packages);
    if (found === undefined) return [`${name}, which "${key}" wants, has no entry`];
    const isExact = /^\d+\.\d+\.\d+$/.test(version);
    if (isExact && found.version !== version) {
      return [`"${key}" wants ${name} ${version}, its entry has ${found.version}`];
    }
    return [];
  });
}

/** As Node.js looks for a package: in the node_modules of each folder above. */
function lookUp(from: string, name: string, packages: Packages): Manifest | undefined {
  for (let folder = from; ; ) {
    const key = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const entry = packages[key];
    if (entry?.link) return packages[String((entry as { resolved?: string }).resolved)] ?? entry;
    if (entry) return entry;
    if (folder === '') return undefined;
    const slash = folder.lastIndexOf('/');
    folder = slash === -1 ? '' : folder.slice(0, slash);
  }
}
