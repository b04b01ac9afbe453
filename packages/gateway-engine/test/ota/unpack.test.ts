import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ArchiveError } from '@gateway-engine/app-package';
import { type RawEntry, rawTarball, temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { unpackTarball } from '../../src/ota/unpack.ts';

const unpack = (entries: readonly RawEntry[], top: string | undefined, folder: string) =>
  unpackTarball([rawTarball(entries)], top, folder);

it('unpacks files, directories and links, without the top-level directory', async () => {
  await using folder = await temporaryFolder();
  const target = join(folder.path, 'app');
  await unpack(
    [
      { path: 'top/', type: '5', mode: 0o755 },
      { path: 'top/install.sh', mode: 0o755, content: '#!/bin/sh\n' },
      { path: 'top/lib/deep/file', content: 'x'.repeat(5000) },
      { path: 'top/lib/', type: '5', mode: 0o500 },
      { path: 'top/link', type: '2', linkpath: 'lib/deep/file' },
      { path: 'top/lib/hard', type: '1', linkpath: 'top/install.sh' },
    ],
    'top',
    target,
  );
  expect(readdirSync(target, { recursive: true }).sort()).toEqual([
    'install.sh',
    'lib',
    'lib/deep',
    'lib/deep/file',
    'lib/hard',
    'link',
  ]);
  expect(readFileSync(join(target, 'link'), 'utf8')).toBe('x'.repeat(5000));
  expect(readlinkSync(join(target, 'link'))).toBe('lib/deep/file');
  expect(statSync(join(target, 'lib', 'hard')).ino).toBe(statSync(join(target, 'install.sh')).ino);
  expect(statSync(join(target, 'lib')).mode & 0o777).toBe(0o700);
});

it('takes over no special mode bits, and no write permission for others', async () => {
  await using folder = await temporaryFolder();
  await unpack([{ path: 'suid', mode: 0o6777, content: 'x' }], undefined, join(folder.path, 'app'));
  expect(statSync(join(folder.path, 'app', 'suid')).mode & 0o7777).toBe(0o755);
});

it.each<[string, RawEntry[]]>([
  ['a path that leads out', [{ path: '../evil', content: 'evil' }]],
  [
    'a link that leads out',
    [
      { path: 'l', type: '2', linkpath: '..' },
      { path: 'l/evil', content: 'evil' },
    ],
  ],
  ['a link out of the directory that is taken away', [{ path: 'top/l', type: '2', linkpath: '../x' }]],
  ['an entry beside the top-level directory', [{ path: 'top/a' }, { path: 'evil', content: 'evil' }]],
])('writes nothing of %s', async (_, entries) => {
  await using folder = await temporaryFolder();
  const top = entries[0]?.path.startsWith('top/') ? 'top' : undefined;
  await expect(unpack(entries, top, join(folder.path, 'app'))).rejects.toBeInstanceOf(ArchiveError);
  expect(readdirSync(folder.path)).toEqual(['app']);
  expect(readdirSync(join(folder.path, 'app')).filter((name) => name !== 'a')).toEqual([]);
});

it('does not unpack over something that is there', async () => {
  await using folder = await temporaryFolder();
  await expect(unpack([{ path: 'a' }], undefined, folder.path)).rejects.toThrow('EEXIST');
});
