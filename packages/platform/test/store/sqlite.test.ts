import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import type { Store } from '../../src/store/port.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { type Opened, storeContract } from './contract.ts';

async function openInFolder(): Promise<Opened & { readonly directory: string }> {
  const folder = await temporaryFolder();
  const clock = new FakeClock();
  const directory = join(folder.path, 'data');
  const open = () => openSqliteStore({ directory, clock });
  const store = await open();
  const opened = {
    store: store as Store,
    clock,
    directory,
    folder: store.uploadDirectory,
    reopen: async () => {
      await opened.store.close();
      opened.store = await open();
    },
    [Symbol.asyncDispose]: async () => {
      await opened.store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
  return opened;
}

storeContract('SQLite store', openInFolder);

test('no file of the store holds a key, a token or a password', async () => {
  await using opened = await openInFolder();
  const { store, directory } = opened;
  await store.createProduct({ id: 'pump', resources: [] });
  await store.addDevice({ product: 'pump', sn: '1', windowEnds: 2 ** 40 });
  const cik = '0123456789abcdef0123456789abcdef01234567';
  await store.activate({ product: 'pump', sn: '1', cik, now: 1 });
  await store.addToken({ token: 'token-in-the-clear', user: 'admin', expires: undefined });
  await store.createUser({ name: 'admin', password: 'password-in-the-clear' });
  await store.close();
  for (const name of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = await readFile(join(name.parentPath, name.name), 'latin1');
    for (const secret of [cik, 'in-the-clear']) expect(bytes.includes(secret)).toBe(false);
  }
});

test('a directory that is in use is refused, and free again after close', async () => {
  await using folder = await temporaryFolder();
  const open = () => openSqliteStore({ directory: folder.path, clock: new FakeClock() });
  const first = await open();
  await expect(open()).rejects.toMatchObject({ code: 'DATA_DIRECTORY', message: /in use by another/ });
  await first.close();
  await (await open()).close();
});

test('a directory that cannot be made is refused with its name', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'a-file');
  await writeFile(file, '');
  const open = openSqliteStore({ directory: join(file, 'data'), clock: new FakeClock() });
  await expect(open).rejects.toMatchObject({
    code: 'DATA_DIRECTORY',
    message: expect.stringContaining(file),
  });
});

test('a database file of something else is refused and left as it is', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'platform.db');
  await writeFile(file, 'this is no database, but long enough to be looked at as one'.repeat(10));
  const open = () => openSqliteStore({ directory: folder.path, clock: new FakeClock() });
  await expect(open()).rejects.toMatchObject({ code: 'DATABASE', message: expect.stringContaining(file) });
  await expect(open()).rejects.toMatchObject({ code: 'DATABASE' });
  expect(await readFile(file, 'latin1')).toMatch(/^this is no database/);
});

test('files that no content names, and uploads that never ended, are removed at start', async () => {
  await using opened = await openInFolder();
  await opened.store.createProduct({ id: 'pump', resources: [] });
  const file = join(opened.folder, 'whole');
  await writeFile(file, 'bytes');
  const description = { contentType: 'x', size: 5, sha256: '', updated: 1, meta: '' };
  const { blob } = await opened.store.putContent({ product: 'pump', id: 'app', file, ...description });
  await writeFile(join(opened.directory, 'content', 'left-over'), 'x');
  await writeFile(join(opened.folder, 'half'), 'x');
  await mkdir(join(opened.folder, 'half-folder'));
  await opened.reopen();
  expect(await readdir(join(opened.directory, 'content'))).toEqual([blob.split('/').at(-1)]);
  expect(await readdir(opened.folder)).toEqual([]);
});

test('last contacts are on disk some seconds later', async () => {
  await using opened = await openInFolder();
  await opened.store.createProduct({ id: 'pump', resources: [] });
  const { rid } = await opened.store.addDevice({ product: 'pump', sn: '1', windowEnds: 2 ** 40 });
  await opened.store.touchDevice(rid, 1234);
  expect(opened.clock.waiting).toBe(1);
  await opened.clock.advance(5000);
  expect(opened.clock.waiting).toBe(0);
  expect(await opened.store.device('pump', '1')).toMatchObject({ lastContact: 1234 });
});
