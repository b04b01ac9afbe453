import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ArchiveEntry, EntryTree } from '../src/entry-rules.ts';

const part = fc.constantFrom('a', 'b', '..', '.');
const paths = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((p) => p.join('/'));
const targets = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const entries = fc.array(
  fc.record({
    kind: fc.constantFrom('directory' as const, 'symlink' as const),
    path: paths,
    target: targets,
  }),
  { maxLength: 8 },
);

it('no set of accepted links and directories leads out of the directory it is unpacked in', async () => {
  await fc.assert(
    fc.asyncProperty(entries, async (list) => {
      await using folder = await temporaryFolder();
      const root = join(realpathSync(folder.path), 'root');
      mkdirSync(root);
      const tree = new EntryTree();
      const made: string[] = [];
      for (const { kind, path, target } of list) {
        const entry: ArchiveEntry = {
          kind,
          path,
          mode: 0o755,
          size: 0,
          ...(kind === 'symlink' && { target }),
        };
        try {
          tree.add(entry);
        } catch {
          continue;
        }
        mkdirSync(dirname(join(root, path)), { recursive: true });
        if (kind === 'symlink') symlinkSync(target, join(root, path));
        else mkdirSync(join(root, path), { recursive: true });
        made.push(path);
      }
      for (const path of made) {
        let real: string;
        try {
          real = realpathSync(join(root, path));
        } catch (error) {
          // It leads to nothing, or in a circle.
          expect(['ENOENT', 'ELOOP', 'ENOTDIR']).toContain((error as NodeJS.ErrnoException).code);
          continue;
        }
        expect(`${real}/`.startsWith(`${root}/`)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
