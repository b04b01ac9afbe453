import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { watchSources } from '../../dev/watch-sources.ts';

test('tells files that are written, saved by renaming, made in new folders, and removed; others not', async () => {
  await using folder = await temporaryFolder();
  const path = (...names: string[]) => join(folder.path, ...names);
  await mkdir(path('src', 'deep'), { recursive: true });
  await writeFile(path('src', 'deep', 'a.ts'), '');
  const told = new Set<string>();
  const watch = watchSources([path('src')], systemClock, (paths) => {
    for (const each of paths) told.add(each);
  });
  const toldOf = (...names: string[]) => waitUntil(names.join('/'), () => told.has(path(...names)));
  try {
    await writeFile(path('src', 'deep', 'a.ts'), 'changed');
    await toldOf('src', 'deep', 'a.ts');
    told.clear();

    await writeFile(path('src', 'deep', '.a.ts.swp'), 'saved by an editor');
    await rename(path('src', 'deep', '.a.ts.swp'), path('src', 'deep', 'a.ts'));
    await toldOf('src', 'deep', 'a.ts');
    told.clear();

    await mkdir(path('src', 'new'));
    await waitUntil(
      'the new folder to be watched',
      async () => {
        await writeFile(path('src', 'new', 'b.json'), `${Math.random()}`);
        return told.has(path('src', 'new', 'b.json'));
      },
      // It tells only once nothing is written for a moment.
      { everyMs: 400 },
    );

    await rm(path('src', 'new'), { recursive: true });
    await writeFile(path('src', 'notes.txt'), '');
    await writeFile(path('src', 'c.ts'), '');
    await toldOf('src', 'c.ts');
    expect([...told].some((each) => each.endsWith('.txt') || each.endsWith('.swp'))).toBe(false);
  } finally {
    watch.close();
  }
});
