import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSbom } from '../src/sbom.ts';

const root = join(import.meta.dirname, '..', '..');

interface Bom {
  components: { name: string; version: string; licenses?: object[]; hashes?: object[] }[];
}

const bom = JSON.parse(makeSbom(root, '1.2.3', 0)) as Bom;
const versionOf = (name: string) => bom.components.find((each) => each.name === name)?.version;

test.each(['host', 'app-package', 'device-client', 'supervisor', 'gmq', 'platform', 'gateway-engine'])(
  'the bill of materials has all that %s depends on, in the versions of the lock file',
  (name) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    const others = Object.entries<string>(manifest.dependencies ?? {}).filter(
      ([each]) => !each.startsWith('@gateway-engine/'),
    );
    for (const [each, version] of others) expect([each, versionOf(each)]).toEqual([each, version]);
  },
);

test('the bill of materials has what is within those and within the page, and nothing for development', () => {
  for (const name of ['sonic-boom', 'react', 'uplot', 'bun']) expect(versionOf(name)).toBeDefined();
  for (const name of ['vitest', 'typescript', 'vite', 'fast-check']) expect(versionOf(name)).toBeUndefined();
});

test('each component has its licence, and its checksum where the lock file has one', () => {
  expect(bom.components.filter(({ licenses }) => !licenses).map(({ name }) => name)).toEqual([]);
  expect(bom.components.filter(({ hashes }) => hashes).length).toBeGreaterThan(100);
});
