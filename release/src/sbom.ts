import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bunVersion } from './compile.ts';

/** The workspaces whose code is in the executable. What they need, it is made of. */
const shipped = [
  ...['host', 'device-api', 'app-package', 'device-client', 'supervisor'],
  ...['gmq', 'platform', 'gateway-engine', 'solution-app'],
];

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly link?: true;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, Locked>>;

/**
 * What the executable is made of, as a CycloneDX 1.6 document: the packages that the lock file has for its workspaces,
 * with their licences and checksums, and Bun. The same for the same lock file.
 */
export function makeSbom(root: string, version: string, time: number): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Packages };
  const found = new Map<string, Locked>();
  for (const name of shipped) collect(lock.packages, `packages/${name}`, found);
  // Of the pages the bundler takes in what is for development elsewhere.
  const page = lock.packages['packages/solution-app']?.devDependencies ?? {};
  const bundled = Object.keys(page).filter((name) => !/^@types\/|vite/.test(name));
  collectAll(lock.packages, 'packages/solution-app', bundled, found);
  const components = [...found].map(([path, each]) => component(nameIn(path), each));
  components.push(component('bun', { version: bunVersion, license: 'MIT' }));
  const once = new Map(
    components.sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1)).map((each) => [each['bom-ref'], each]),
  );
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      component: {
        type: 'application',
        'bom-ref': 'gateway-engine',
        name: 'gateway-engine',
        version,
        licenses: licences('Apache-2.0'),
      },
    },
    components: [...once.values()],
  };
  return `${JSON.stringify(bom, undefined, 1)}\n`;
}

/** A package and all that it needs, each as Node.js would find it from there. */
function collect(packages: Packages, path: string, found: Map<string, Locked>): void {
  const { dependencies, optionalDependencies } = packages[path] ?? {};
  collectAll(packages, path, Object.keys({ ...dependencies, ...optionalDependencies }), found);
}

function collectAll(
  packages: Packages,
  path: string,
  names: readonly string[],
  found: Map<string, Locked>,
): void {
  for (const name of names) {
    const place = resolve(packages, path, name);
    // Our own are named by themselves; an optional one may not be installed.
    if (place === undefined || packages[place]?.link || found.has(place)) continue;
    found.set(place, packages[place] ?? {});
    collect(packages, place, found);
  }
}

function resolve(packages: Packages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[place]) return place;
    if (folder === '') return undefined;
  }
}

const nameIn = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

function component(name: string, { version = '', license, integrity }: Locked) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm, base64] = integrity?.split('-') ?? [];
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(license && { licenses: licences(license) }),
    ...(algorithm === 'sha512' && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(base64 ?? '', 'base64').toString('hex') }],
    }),
  };
}

/** A single licence by its id, several as the expression that it is. */
function licences(text: string): object[] {
  return / (?:AND|OR|WITH) /.test(text) ? [{ expression: text }] : [{ license: { id: text } }];
}
