/**
 * Makes the package as it is published: JavaScript and types, with all it needs inside and no dependency. Run with the
 * folder to make: `npm run pack --workspace packages/device-client -- FOLDER`.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'vite';
import manifest from '../package.json' with { type: 'json' };

const own = dirname(import.meta.dirname);
const packages = dirname(own);
const root = dirname(packages);
/** What the types of the package speak of, besides its own. */
const within = ['device-client', 'device-api', 'host'];

export async function pack(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // As deep as the sources are: what looks for package.json counts on it.
  await bundle(join(folder, 'dist', 'esm'));
  declare(join(folder, 'dist', 'types'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published(), undefined, 2)}\n`);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}

function published() {
  const { name, version, description, license, type, engines } = manifest;
  return {
    ...{ name, version, description, license, type, engines },
    sideEffects: false,
    exports: { '.': { types: './dist/types/device-client/src/index.d.ts', default: './dist/esm/index.js' } },
    bin: { gdc: 'dist/esm/gdc.js' },
  };
}

async function bundle(folder: string): Promise<void> {
  const names = { entryFileNames: '[name].js', chunkFileNames: '[name].js' };
  await build({
    configFile: false,
    root: own,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: folder,
      target: 'node22',
      minify: false,
      rolldownOptions: {
        input: { index: join(own, 'src/index.ts'), gdc: join(own, 'src/main.ts') },
        output: names,
      },
    },
    ssr: { noExternal: true },
  });
  const gdc = join(folder, 'gdc.js');
  writeFileSync(gdc, `#!/usr/bin/env node\n${readFileSync(gdc, 'utf8')}`);
  chmodSync(gdc, 0o755);
}

function declare(folder: string): void {
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--types', 'node'];
  const base = ['--ignoreConfig', '--target', 'es2024', '--module', 'nodenext', '--skipLibCheck', '--strict'];
  const more = ['--allowImportingTsExtensions', '--verbatimModuleSyntax', '--exactOptionalPropertyTypes'];
  // Each named, since the compiler takes what comes by way of node_modules for somebody else's.
  const sources = within.flatMap((name) => globSync(join(packages, name, 'src/**/*.ts')));
  const places = ['--rootDir', packages, '--outDir', folder, ...sources];
  execFileSync(compiler, [...base, ...more, ...options, ...places], { stdio: 'pipe' });
  // Nothing in the package logs, and the types of the logger are somebody else's.
  rmSync(join(folder, 'host/src/logger.d.ts'));
  for (const path of globSync('**/*.d.ts', { cwd: folder })) {
    const file = join(folder, path);
    writeFileSync(file, standalone(readFileSync(file, 'utf8'), path));
  }
}

/** A declaration file whose imports are files of the same package. */
function standalone(text: string, path: string): string {
  const to = (name: string) => {
    const [folder = '', entry = 'index'] = name.split('/');
    const found = relative(dirname(path), `${folder}/src/${entry}.js`);
    return found.startsWith('.') ? found : `./${found}`;
  };
  let changed = text.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'");
  for (const name of [...within, 'host/basics']) changed = changed.replaceAll(`'@gateway-engine/${name}'`, `'${to(name)}'`);
  return changed.replaceAll(/^export .* from '\.\/logger\.js';\n/gm, '');
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('name the folder to make: npm run pack -- FOLDER');
  // npm runs a workspace's script in the folder of the workspace.
  await pack(resolve(process.env.INIT_CWD ?? '.', folder));
}
