import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@gateway-engine/host';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { runChecks } from '../../release-checklist/run-checks.ts';
import { readVersion } from '../../release-checklist/version-argument.ts';
import { versionPlaces } from '../../release-checklist/version-places.ts';
import { type SmallRepository, smallRepository } from './small-repository.ts';

const script = fileURLToPath(new URL('../../set-version.ts', import.meta.url));
const own = join(import.meta.dirname, '..', '..', '..');

let repository: SmallRepository;

beforeEach(async () => {
  repository = await smallRepository();
  return () => repository[Symbol.asyncDispose]();
});

const run = (version: string) =>
  runToEnd(process.execPath, [script, '--root', repository.root, version], { timeoutMs: 15_000 });
const read = (path: string) => readFileSync(join(repository.root, path), 'utf8');

test('the version changes everywhere at once and nothing else does, after which the checklist agrees', async () => {
  const before = read('docs/a.md');
  const { exitCode, output } = await run('1.3.0-rc.1');
  expect(exitCode).toBe(0);
  expect(output).toContain('1.3.0-rc.1 in 7 files');
  expect(read('clients/python/exo/__init__.py')).toBe('"""Client."""\n\n__version__ = "1.3.0-rc.1"\n');
  expect(read('docs/a.md')).toBe(before.replace('exo.v1.2.0', 'exo.v1.3.0-rc.1'));
  expect(JSON.parse(read('packages/gmq/package.json')).dependencies).toEqual({
    '@gateway-engine/host': '1.3.0-rc.1',
  });
  expect(JSON.parse(read('examples/other/package.json')).version).toBe('0.0.7');
  expect(read('CHANGELOG.md')).not.toContain('1.3.0');
  repository.commit();
  const items = await runChecks({ root: repository.root, version: '1.3.0-rc.1', artefacts: undefined });
  const failed = items.filter(({ outcome }) => !outcome.ok).map(({ name }) => name);
  expect(failed).toEqual(['CHANGELOG.md has the version']);
});

test('there and back again, every file is byte for byte what it was', async () => {
  await run('1.3.0');
  await run('1.2.0');
  expect(repository.git('status', '--porcelain')).toBe('');
});

test('what is no version is refused and changes nothing', async () => {
  for (const text of ['1.3', 'v1.3.0', '1.3.0 ', '1.03.0', '../x', '']) {
    expect(() => readVersion([text], ''), text).toThrow('is no version');
  }
  expect(() => readVersion([], 'usage')).toThrow('one version is expected');
  for (const text of ['0.0.1', '1.3.0-rc.1', '10.20.30-a-b']) expect(readVersion([text], '')).toBe(text);
  expect((await run('1.3')).exitCode).toBe(1);
  expect(repository.git('status', '--porcelain')).toBe('');
});

test('in this repository, too, a version that is written is read again, and the one before comes back', () => {
  const places = versionPlaces(own).map((place) => ({
    place,
    text: readFileSync(join(own, place.path), 'utf8'),
  }));
  const paths = places.map(({ place }) => place.path);
  expect(paths).toEqual(
    expect.arrayContaining(['package.json', 'package-lock.json', 'clients/python/exo/__init__.py']),
  );
  const part = fc.nat({ max: 99 });
  fc.assert(
    fc.property(fc.tuple(part, part, part), (numbers) => {
      const version = numbers.join('.');
      for (const { place, text } of places) {
        const [before = ''] = place.versions(text);
        const written = place.with(text, version);
        expect(new Set(place.versions(written)), place.path).toEqual(new Set([version]));
        expect(place.with(written, before), place.path).toBe(text);
      }
    }),
    { numRuns: 5 },
  );
});
