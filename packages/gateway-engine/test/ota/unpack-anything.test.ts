import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchiveError } from '@gateway-engine/app-package';
import { type RawEntry, rawTarball, temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unpackTarball } from '../../src/ota/unpack.ts';

const places = [
  'a',
  'b',
  'a/b',
  'a/l',
  'l',
  'l/x',
  'a/l/x',
  '../out',
  './a',
  'a/../../out',
  '/tmp/gwe-out',
  '.',
  'a/',
];
const entry: fc.Arbitrary<RawEntry> = fc.record({
  path: fc.constantFrom(...places),
  type: fc.constantFrom('0', '0', '1', '2', '5'),
  linkpath: fc.constantFrom(...places, '..', '../..', '../sentinel', ''),
  mode: fc.constantFrom(0o644, 0o755, 0o4777, 0),
  content: fc.constant(''),
});

/** By hand: Node.js follows links, also those that lead back up. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((each) => {
    const path = join(folder, each.name);
    return each.isDirectory() ? [path, ...filesBelow(path)] : [path];
  });
}

it('whatever an archive says, nothing is written, linked or made executable for others outside of its folder', async () => {
  let unpacked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 8 }), async (entries) => {
      await using work = await temporaryFolder();
      const outside = join(realpathSync(work.path), 'outside');
      const folder = join(outside, 'apps', 'unpacked');
      await mkdir(join(outside, 'apps'), { recursive: true });
      await writeFile(join(outside, 'sentinel'), 'untouched');
      try {
        await unpackTarball([rawTarball(entries)], undefined, folder);
        unpacked++;
      } catch (error) {
        expect(error).toBeInstanceOf(ArchiveError);
      }
      const others = filesBelow(outside).filter((path) => !`${path}/`.startsWith(`${folder}/`));
      expect(others.sort()).toEqual([join(outside, 'apps'), join(outside, 'sentinel')]);
      expect(readFileSync(join(outside, 'sentinel'), 'utf8')).toBe('untouched');
      expect(lstatSync(join(outside, 'sentinel')).nlink).toBe(1);
      for (const path of filesBelow(folder)) {
        const found = lstatSync(path);
        if (found.isSymbolicLink()) continue;
        // No set-user-id, nothing that others may write.
        expect(found.mode & 0o7022).toBe(0);
        expect(`${realpathSync(path)}/`.startsWith(`${folder}/`)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
  expect(unpacked).toBeGreaterThan(10);
});
