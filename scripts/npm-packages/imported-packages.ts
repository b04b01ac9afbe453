import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** What the JavaScript and the types in a folder import from elsewhere: `zod`, `@gateway-engine/host/basics`. */
export function importedSpecifiers(folder: string): Set<string> {
  const found = globSync('**/*.{js,d.ts}', { cwd: folder }).flatMap((path) =>
    specifiersIn(readFileSync(join(folder, path), 'utf8'), path),
  );
  return new Set(found.filter((each) => !/^(\.|node:|bun:)/.test(each)));
}

/** What a module imports and exports from. `file` says what language it is in, and where it is in errors. */
export function specifiersIn(text: string, file: string): string[] {
  const { module, errors } = parseSync(file, text);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap((each) => each.moduleRequest?.value ?? []),
    ),
    // Dynamic ones, and modules that types name.
    ...[...text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g)].map(([, name]) => name ?? ''),
  ];
}

/** `@scope/name` of `@scope/name/entry`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The files in a folder that one can get at from some of them, by relative imports: `index.d.ts`, `a/b.d.ts`. */
export function reachedDeclarations(folder: string, from: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const waiting = [...from];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = readFileSync(join(folder, path), 'utf8');
    for (const [, name = ''] of text.matchAll(/['"](\.{1,2}\/[^'"\n]*)\.js['"]/g)) {
      waiting.push(join(path, '..', `${name}.d.ts`));
    }
  }
  return reached;
}
