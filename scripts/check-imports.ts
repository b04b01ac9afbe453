/** Fails when the repository's imports form a cycle or go up: see import-rules.ts. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';
import { checkImports, type ImportedFile, type SourceFile } from './import-rules.ts';

const root = dirname(import.meta.dirname);
const scope = '@gateway-engine/';

const paths = globSync('{packages/*/{src,test},demo/src,e2e/{src,test}}/**/*.{ts,tsx}', { cwd: root }).sort();
const known = new Set(paths);
const files = paths.map(readSource);
const problems = checkImports(files);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${files.length} files, ${problems.length} problems with imports\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const { module, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const specifiers = [
    ...module.staticImports.map((found) => found.moduleRequest),
    ...module.staticExports.flatMap((found) => found.entries.flatMap((entry) => entry.moduleRequest ?? [])),
    ...module.dynamicImports.flatMap(({ moduleRequest }) => {
      const literal = /^['"](.*)['"]$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
      return literal === undefined ? [] : [{ value: literal, start: moduleRequest.start }];
    }),
  ];
  const imports = new Map<string, ImportedFile>();
  for (const { value, start } of specifiers) {
    const line = text.slice(0, start).split('\n').length;
    if (!imports.has(value)) imports.set(value, { specifier: value, line, ...resolve(path, value) });
  }
  return { path, workspace: workspaceOf(path), imports: [...imports.values()] };
}

function resolve(from: string, specifier: string): Pick<ImportedFile, 'path' | 'workspace'> {
  if (specifier.startsWith('.')) {
    const path = join(dirname(from), specifier);
    return { path: known.has(path) ? path : undefined, workspace: workspaceOf(path) };
  }
  if (!specifier.startsWith(scope)) return { path: undefined, workspace: undefined };
  const workspace = specifier.slice(scope.length).split('/')[0] ?? '';
  const path = relative(root, fileURLToPath(import.meta.resolve(specifier, `file://${join(root, from)}`)));
  return { path: known.has(path) ? path : undefined, workspace };
}

function workspaceOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'packages' ? second : first;
}
