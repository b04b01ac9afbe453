import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { specifiersIn } from './imported-packages.ts';
import { folderOf, type PackageName, publishable, readManifest, root } from './package-manifest.ts';

const packages = join(root, 'packages');

/**
 * Compiles what the entries of all packages reach into `out/NAME/src`, JavaScript and types, in one run of the compiler.
 * What nothing reaches is not published.
 */
export function compile(out: string): void {
  // Each file is named, since the compiler takes what comes by way of node_modules for somebody else's.
  const files = publishable.flatMap((name) =>
    reachedSources(entryFiles(name).map((file) => join(folderOf(name), file))),
  );
  const language = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--types', 'node'];
  const modules = ['--module', 'nodenext', '--rewriteRelativeImportExtensions', '--resolveJsonModule'];
  const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--skipLibCheck'];
  const places = ['--declaration', '--verbatimModuleSyntax', '--rootDir', packages, '--outDir', out];
  const options = ['--ignoreConfig', ...language, ...modules, ...strict, ...places];
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  const { status, stdout, error } = spawnSync(compiler, [...options, ...files], { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`the packages do not compile:\n${stdout}`);
  for (const path of globSync('**/*.{js,d.ts}', { cwd: out })) {
    const file = join(out, path);
    const text = readFileSync(file, 'utf8');
    const changed = withJavaScriptNames(text);
    if (changed !== text) writeFileSync(file, changed);
  }
}

/** The sources that one can get at from some of them by relative imports, these among them. */
function reachedSources(from: readonly string[]): string[] {
  const reached = new Set<string>();
  const waiting = [...from];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const specifier of specifiersIn(readFileSync(file, 'utf8'), file)) {
      if (/^\..*\.ts$/.test(specifier)) waiting.push(join(dirname(file), specifier));
    }
  }
  return [...reached];
}

/** The TypeScript files, by their paths in the package, that somebody outside of it can start from. */
function entryFiles(name: PackageName): string[] {
  const { exports, bin } = readManifest(name);
  const bins = Object.values(bin ?? {}).map((file) =>
    launchedFile(readFileSync(join(folderOf(name), file), 'utf8'), file),
  );
  const exported = Object.values(exports).filter((file) => file.endsWith('.ts'));
  return [
    ...new Set([...exported, ...bins, ...filesByAddress(name)].map((file) => file.replace(/^\.\//, ''))),
  ];
}

/** Files that are run by their address, as processes of their own, and imported by none. */
function filesByAddress(name: PackageName): string[] {
  const folder = folderOf(name);
  return globSync('src/**/*.ts', { cwd: folder }).flatMap((path) =>
    [...readFileSync(join(folder, path), 'utf8').matchAll(addressed)].map((found) =>
      join(dirname(path), `${found[2]}.ts`),
    ),
  );
}

const addressed = /(new URL\('(\.[^']*))\.ts(?=', import\.meta\.url\))/g;

/** `src/main.ts` of `launch(new URL('../src/main.ts', import.meta.url))`. */
export function launchedFile(text: string, file: string): string {
  const found = /new URL\('\.\.\/(src\/[^']+\.ts)', import\.meta\.url\)/.exec(text)?.[1];
  if (found === undefined) throw new Error(`${file} names no file of src/ that it starts`);
  return found;
}

/** The compiler leaves the names of TypeScript files in declarations and in addresses. */
export function withJavaScriptNames(text: string): string {
  return text
    .replaceAll(addressed, '$1.js')
    .replaceAll(/((?:\bfrom|\bimport\(|^import) ?['"]\.{1,2}\/[^'"\n]*)\.ts(?=['"])/gm, '$1.js');
}
