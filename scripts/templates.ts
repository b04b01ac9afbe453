/** Writes the templates of `gwe new` from examples/: the executable carries them, and has no examples beside it. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { templateList } from '../packages/gateway-engine/src/developer/new-app/template-list.ts';

const root = join(import.meta.dirname, '..');
export const templatesFile = join(
  root,
  'packages/gateway-engine/src/developer/new-app/templates.json', //
);

/** The file as it should be. */
export function makeTemplates(): string {
  const templates = Object.entries(templateList).map(([name, { example }]) => [name, filesOf(example)]);
  return `${JSON.stringify(Object.fromEntries(templates), null, 2)}\n`;
}

function filesOf(example: string) {
  const folder = join(root, 'examples', example);
  return pathsIn(folder, builtIn(folder))
    .map((path) => ({
      path: relative(folder, path),
      text: outsideOfTheRepository(readFileSync(path, 'utf8'), path),
      executable: (statSync(path).mode & 0o100) !== 0,
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

function pathsIn(folder: string, left: ReadonlySet<string>): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !left.has(name) && !name.endsWith('.tar.gz'))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? pathsIn(path, left) : [path];
    });
}

/** What a build leaves in an example's folder, which its .gitignore names. */
function builtIn(folder: string): Set<string> {
  const lines = readFileSync(join(folder, '.gitignore'), 'utf8').split('\n');
  return new Set(lines.map((line) => line.replaceAll('/', '')).filter((line) => line !== ''));
}

/** Links to the pages of the repository lead nowhere in a folder of somebody's own, and the commands are installed. */
function outsideOfTheRepository(text: string, path: string): string {
  if (path.endsWith('gwe.json')) return text.replace(/^ *"\$schema": .*\n/m, '');
  if (!path.endsWith('README.md')) return text;
  return text.replaceAll(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1').replaceAll('npx gwe', 'gwe');
}

if (import.meta.main) writeFileSync(templatesFile, makeTemplates());
