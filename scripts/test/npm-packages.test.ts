import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { launchedFile, withJavaScriptNames } from '../npm-packages/compile.ts';
import { packageOf, reachedDeclarations, specifiersIn } from '../npm-packages/imported-packages.ts';
import { withDependencies } from '../npm-packages/installed-size.ts';
import type { SourceManifest } from '../npm-packages/package-manifest.ts';
import {
  problemsOfImports,
  publishedDependencies,
  publishedExports,
  publishedManifest,
} from '../npm-packages/published-manifest.ts';
import { type MeasuredPackage, sizeTable, withTable } from '../npm-packages/size-table.ts';

const manifest: SourceManifest = {
  name: '@gateway-engine/gmq',
  version: '1.2.3',
  description: 'a queue',
  license: 'Apache-2.0',
  engines: { node: '>=24' },
  exports: { '.': './src/index.ts', './command': './src/command.ts', './control': './src/control/main.ts' },
  bin: { gmq: './bin/gmq.mjs' },
  dependencies: { '@gateway-engine/host': '1.2.3', zod: '4.0.0' },
};
const versions = {
  '@gateway-engine/host': '1.2.3',
  commander: '15.0.0',
  pino: '10.0.0',
  'pino-pretty': '13.0.0',
};

test('a published manifest leads to what is built, says where it comes from, and is public', () => {
  const dependencies = { dependencies: { zod: '4.0.0' } };
  expect(publishedManifest(manifest, dependencies, 'https://git.example/a/b.git')).toEqual({
    name: '@gateway-engine/gmq',
    version: '1.2.3',
    description: 'a queue',
    license: 'Apache-2.0',
    homepage: 'https://git.example/a/b',
    bugs: { url: 'https://git.example/a/b/issues' },
    repository: { type: 'git', url: 'git+https://git.example/a/b.git', directory: 'packages/gmq' },
    type: 'module',
    engines: { node: '>=24' },
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './command': { types: './dist/command.d.ts', default: './dist/command.js' },
      './package.json': './package.json',
    },
    bin: { gmq: 'bin/gmq.mjs' },
    files: ['dist', 'bin'],
    dependencies: { zod: '4.0.0' },
    publishConfig: { access: 'public', provenance: true },
  });
  expect(publishedManifest(manifest, {}, undefined)).not.toHaveProperty('repository');
});

test('what runs when it is imported, and what is no TypeScript, is no entry', () => {
  expect(
    publishedExports({ './a': './src/main.ts', './b': './src/b/main.ts', './c': './launch.mjs' }),
  ).toEqual({
    './package.json': './package.json',
  });
  expect(publishedExports({ './d': './src/domain.ts' })).toHaveProperty(['./d']);
});

test('a package depends on what it imports, and on what the entries of host that it imports need', () => {
  const imports = new Set(['zod', '@gateway-engine/host', '@gateway-engine/host/command-line']);
  expect(publishedDependencies(manifest, imports, versions).dependencies).toEqual({
    ...versions,
    zod: '4.0.0',
  });
  const few = new Set(['@gateway-engine/host/basics']);
  expect(publishedDependencies(manifest, few, versions)).toEqual({
    dependencies: { '@gateway-engine/host': '1.2.3' },
  });
});

test('the logger and the command line are optional for who uses host', () => {
  const host = {
    ...manifest,
    name: '@gateway-engine/host',
    dependencies: { pino: '10.0.0', commander: '15.0.0' },
  };
  const published = publishedDependencies(host, new Set(['pino', 'commander']), versions);
  expect(published.dependencies).toBeUndefined();
  expect(published.peerDependencies).toEqual({
    commander: '15.0.0',
    pino: '10.0.0',
    'pino-pretty': '13.0.0',
  });
  expect(published.peerDependenciesMeta).toHaveProperty('pino', { optional: true });
});

test('an import that is not among the dependencies is told', () => {
  const imports = new Set(['zod/v4', '@scope/there/entry', 'fastify', '@gateway-engine/gmq/command']);
  const dependencies = { dependencies: { zod: '4' }, peerDependencies: { '@scope/there': '1' } };
  expect(problemsOfImports('@gateway-engine/gmq', imports, dependencies)).toEqual([
    '@gateway-engine/gmq imports "fastify", which is not among its dependencies',
  ]);
  expect(packageOf('@scope/name/a/b')).toBe('@scope/name');
});

test('every way to import is seen', () => {
  const text = `import a from 'a';
    export { b } from 'b';
    import type { C } from 'c';
    export * from 'd';
    export type E = import('e').E;
    await import('f');`;
  expect(specifiersIn(text, 'some.ts').sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('names of TypeScript files become those of JavaScript where a module is meant, and nowhere else', () => {
  expect(
    withJavaScriptNames(`export { a } from './a.ts';
import "../b.ts";
type C = import('./c.ts').C;
new URL('./d.ts', import.meta.url);
const text = 'write ./e.ts';
export * from 'package/f.ts';`),
  ).toBe(`export { a } from './a.js';
import "../b.js";
type C = import('./c.js').C;
new URL('./d.js', import.meta.url);
const text = 'write ./e.ts';
export * from 'package/f.ts';`);
});

test('the file that a launcher starts is found, or its launcher is named', () => {
  expect(launchedFile("launch(new URL('../src/control/main.ts', import.meta.url));", 'bin/a.mjs')).toBe(
    'src/control/main.ts',
  );
  expect(() => launchedFile('', 'bin/a.mjs')).toThrow('bin/a.mjs names no file');
});

test('declarations are kept when an entry leads to them', async () => {
  await using folder = await temporaryFolder();
  mkdirSync(join(folder.path, 'deep'));
  const files = {
    'index.d.ts': "export { a } from './deep/a.js';",
    'deep/a.d.ts': "export declare const a: import('../b.js').B;",
    'b.d.ts': "export * from './index.js'; export type B = 1;",
    'inner.d.ts': 'export {};',
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder.path, path), text);
  expect([...reachedDeclarations(folder.path, ['index.d.ts'])].sort()).toEqual([
    'b.d.ts',
    'deep/a.d.ts',
    'index.d.ts',
  ]);
});

test('an installation is counted with all that comes with it, each once, the nearest of two versions', () => {
  const installed = new Map([
    ['node_modules/@s/a', { dependencies: { b: '1', c: '2' }, optionalDependencies: { absent: '1' } }],
    ['node_modules/@s/a/node_modules/c', { dependencies: { d: '1' } }],
    ['node_modules/b', { dependencies: { c: '1' } }],
    ['node_modules/c', {}],
    ['node_modules/d', { dependencies: { '@s/a': '1' } }],
    ['node_modules/other', {}],
  ]);
  expect(withDependencies(installed, 'node_modules/@s/a').sort()).toEqual([
    'node_modules/@s/a',
    'node_modules/@s/a/node_modules/c',
    'node_modules/b',
    'node_modules/c',
    'node_modules/d',
  ]);
});

test('the table of sizes takes the place of the former one in a page', () => {
  const measured: MeasuredPackage = {
    name: 'a',
    engines: { node: '>=24' },
    files: 3,
    packedBytes: 1001,
    unpackedBytes: 1_250_000,
    installed: { packages: 1, bytes: 999_499 },
  };
  const table = sizeTable([measured]);
  expect(table.split('\n').at(-1)).toBe('| `a` | >=24 | 3 | 2 kB | 1.3 MB | 1000 kB in 1 package |');
  const page = 'above\n<!-- sizes: kept by npm run npm-packages -->\n\nold\n\n<!-- end of sizes -->\nbelow\n';
  const changed = withTable(page, table);
  expect(changed).toContain(`above\n<!-- sizes: kept by npm run npm-packages -->\n\n${table}\n\n<!-- end`);
  expect(changed).not.toContain('old');
  expect(withTable(changed, table)).toBe(changed);
  expect(() => withTable('no place', table)).toThrow('has no lines');
});
