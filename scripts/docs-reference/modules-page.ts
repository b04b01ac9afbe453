import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { table } from './table.ts';

interface Manifest {
  readonly name: string;
  readonly description?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** The packages with what they export. Packages for tests alone are left out. */
export function modulesPage(root: string): string {
  const rows = globSync('packages/*/package.json', { cwd: root })
    .sort()
    .flatMap((path) => {
      const {
        name,
        description = '',
        exports = {},
      } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
      const entries = Object.entries(exports).filter(([, target]) => isSource(target));
      if (entries.length === 0 || path.startsWith('packages/testkit/')) return [];
      const names = entries.map(
        ([entry, target]) => `[\`${name}${entry.slice(1)}\`](../${join(dirname(path), sourceOf(target))})`,
      );
      return [[names.join('<br>'), description]];
    });
  return `# Modules

<!-- Made by scripts/docs-reference.ts from the package.json of each package. -->

What can be imported, and the file that lists it. Every function and type has its comment there: shapes, units, errors.
Where a package may be used, and how its folders lie, is in [contributing](../CONTRIBUTING.md#the-house).

<!-- on the site: [All modules, made from the sources](./api/index.html){target="_self"} -->

${table(['Module', 'For'], rows).replaceAll('&lt;br>', '<br>')}
`;
}

const isSource = (target: unknown): boolean => sourceOf(target) !== '';

/** The TypeScript that an entry of \`exports\` names, among its conditions where it has some. */
function sourceOf(target: unknown): string {
  if (typeof target === 'string') return /(?<!\.d)\.ts$/.test(target) ? target : '';
  if (typeof target !== 'object' || target === null) return '';
  return Object.values(target).map(sourceOf).find(Boolean) ?? '';
}
