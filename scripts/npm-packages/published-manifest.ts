import { packageOf } from './imported-packages.ts';
import { type SourceManifest, scope } from './package-manifest.ts';

type Versions = Readonly<Record<string, string>>;

/**
 * What a single entry of host needs. As optional peers these come with the packages that use the entry, and a program
 * with the small device client alone has no logger.
 */
const neededByEntry: Readonly<Record<string, readonly string[]>> = {
  [`${scope}host`]: ['pino', 'pino-pretty'],
  [`${scope}host/command-line`]: ['commander'],
};
const optional = Object.values(neededByEntry).flat();

export interface PublishedDependencies {
  readonly dependencies?: Versions;
  readonly peerDependencies?: Versions;
  readonly peerDependenciesMeta?: Readonly<Record<string, { optional: true }>>;
}

/** @param imports what the compiled files import; @param versions of all packages that somebody here depends on */
export function publishedDependencies(
  manifest: SourceManifest,
  imports: ReadonlySet<string>,
  versions: Versions,
): PublishedDependencies {
  const used = new Set([...imports].map(packageOf));
  const own = pick(manifest.dependencies ?? {}, (name) => used.has(name));
  if (manifest.name === `${scope}host`) {
    return {
      ...given(
        'dependencies',
        pick(own, (name) => !optional.includes(name)),
      ),
      ...given(
        'peerDependencies',
        pick(versions, (name) => optional.includes(name)),
      ),
      peerDependenciesMeta: Object.fromEntries(optional.map((name) => [name, { optional: true }])),
    };
  }
  const brought = [...imports].flatMap((specifier) => neededByEntry[specifier] ?? []);
  return given('dependencies', { ...own, ...pick(versions, (name) => brought.includes(name)) });
}

/** What is wrong between the imports of a package and its dependencies, a sentence each. */
export function problemsOfImports(
  name: string,
  imports: ReadonlySet<string>,
  { dependencies, peerDependencies }: PublishedDependencies,
): string[] {
  const there = new Set([name, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  return [...imports]
    .filter((specifier) => !there.has(packageOf(specifier)))
    .map((specifier) => `${name} imports "${specifier}", which is not among its dependencies`);
}

/**
 * The package.json that is published.
 *
 * @param repository address of the public repository, `https://HOST/OWNER/NAME`. The registry compares it with where
 *   the package was built before it attests to the provenance.
 */
export function publishedManifest(
  manifest: SourceManifest,
  dependencies: PublishedDependencies,
  repository: string | undefined,
): Record<string, unknown> {
  const { name, version, description, keywords, license, sideEffects, engines, bin } = manifest;
  return {
    name,
    version,
    description,
    ...(keywords && { keywords }),
    ...(repository !== undefined && addresses(repository, name.slice(scope.length))),
    license,
    type: 'module',
    ...(sideEffects !== undefined && { sideEffects }),
    engines,
    exports: publishedExports(manifest.exports),
    // The registry's client takes a leading ./ away, and warns.
    ...(bin && { bin: mapped(bin, (file) => file.replace(/^\.\//, '')) }),
    files: ['dist', ...(bin ? ['bin'] : [])],
    ...dependencies,
    publishConfig: { access: 'public', provenance: true },
  };
}

/**
 * Entries that are TypeScript become JavaScript with types. Left out are the launcher of the repository, and what runs a
 * command when it is imported: the published package has `bin` for that.
 */
export function publishedExports(
  exports: Versions,
): Record<string, string | { types: string; default: string }> {
  const entries = Object.entries(exports).flatMap(([entry, file]) => {
    const name = /^\.\/src\/(.+)\.ts$/.exec(file)?.[1];
    return name === undefined || /(^|\/)main$/.test(name)
      ? []
      : [[entry, { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` }] as const];
  });
  return { ...Object.fromEntries(entries), './package.json': './package.json' };
}

function addresses(repository: string, folder: string) {
  const url = repository.replace(/\/$|\.git$/, '');
  return {
    homepage: url,
    bugs: { url: `${url}/issues` },
    repository: { type: 'git', url: `git+${url}.git`, directory: `packages/${folder}` },
  };
}

function pick(versions: Versions, wanted: (name: string) => boolean): Versions {
  return Object.fromEntries(Object.entries(versions).filter(([name]) => wanted(name)));
}

/** A field that is left out when there is nothing in it. */
function given<Field extends string>(field: Field, versions: Versions): { [_ in Field]?: Versions } {
  const entries = Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1));
  return (entries.length > 0 ? { [field]: Object.fromEntries(entries) } : {}) as { [_ in Field]?: Versions };
}

function mapped(versions: Versions, map: (value: string) => string): Versions {
  return Object.fromEntries(Object.entries(versions).map(([name, value]) => [name, map(value)]));
}
