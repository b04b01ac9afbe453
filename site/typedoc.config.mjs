import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = dirname(import.meta.dirname);

/** The public entries of the packages: path of the file to the name by which it is imported. */
const entries = new Map(
  globSync('packages/!(testkit)/package.json', { cwd: root }).flatMap((path) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, path), 'utf8'));
    return Object.entries(exports).flatMap(([entry, target]) => {
      const source = sourceOf(target);
      return source === undefined ? [] : [[join(root, dirname(path), source), name + entry.slice(1)]];
    });
  }),
);

/** The same by the name that TypeDoc would give, which is the path without its end. */
const names = new Map(
  [...entries].map(([file, name]) => [
    relative(join(root, 'packages'), file).replace(/(\/index)?\.ts$/, ''),
    name,
  ]),
);

/** The TypeScript that an entry names, among its conditions where it has some. */
function sourceOf(target) {
  const files = typeof target === 'string' ? [target] : Object.values(target).map(sourceOf);
  return files.find((file) => file?.endsWith('.ts') && !file.endsWith('.d.ts'));
}

export default {
  name: 'Gateway Engine: modules',
  entryPoints: [...entries.keys()].sort(),
  tsconfig: join(import.meta.dirname, 'typedoc.tsconfig.json'),
  out: join(import.meta.dirname, 'pages', 'public', 'api'),
  // They are checked by the repository's own compiler, whose version differs.
  skipErrorChecking: true,
  readme: 'none',
  githubPages: false,
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,
  hideGenerator: true,
  navigation: { includeCategories: false, includeGroups: false, includeFolders: false },
  validation: { invalidLink: true, notExported: false, invalidPath: true },
  treatWarningsAsErrors: true,
  plugin: [
    (app) => {
      // Modules are called what one imports, not where their file is.
      app.converter.on('createDeclaration', (_context, reflection) => {
        reflection.name = names.get(reflection.name) ?? reflection.name;
      });
    },
  ],
};
