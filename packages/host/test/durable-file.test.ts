import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { makeDirectory, readTextIfPresent, writeDurably } from '../src/index.ts';

test('a file is made, then replaced, with nothing left beside it', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'state.json');
  await writeDurably(path, 'one');
  await writeDurably(path, Buffer.from('zwei'));
  expect(await readFile(path, 'utf8')).toBe('zwei');
  expect(await readdir(folder.path)).toEqual(['state.json']);
});

test('a file with a secret is its owner’s alone', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'key');
  await writeDurably(path, 'secret', { mode: 0o600 });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('writes at the same time leave one of the contents, whole', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'state');
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(contents.map((content) => writeDurably(path, content)));
  expect(contents).toContain(await readFile(path, 'utf8'));
  expect(await readdir(folder.path)).toEqual(['state']);
});

test('a write that fails leaves the old content and nothing beside it', async () => {
  await using folder = await temporaryFolder();
  // A directory in the way makes the rename fail after the content was written.
  const path = join(folder.path, 'state');
  await mkdir(path);
  await writeFile(join(path, 'inside'), 'old');
  await expect(writeDurably(path, 'new')).rejects.toThrow();
  expect(await readdir(folder.path)).toEqual(['state']);
  expect(await readFile(join(path, 'inside'), 'utf8')).toBe('old');
});

test('a write into a missing directory is refused', async () => {
  await using folder = await temporaryFolder();
  await expect(writeDurably(join(folder.path, 'none', 'state'), 'x')).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('a file that is not there has no text, one that cannot be read is an error', async () => {
  await using folder = await temporaryFolder();
  expect(await readTextIfPresent(join(folder.path, 'none'))).toBeUndefined();
  await expect(readTextIfPresent(folder.path)).rejects.toMatchObject({ code: 'EISDIR' });
});

test('a directory is made with those above it, and may be there already', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a', 'b');
  await makeDirectory(path, 0o700);
  await chmod(path, 0o750);
  await makeDirectory(path, 0o700);
  expect((await stat(path)).mode & 0o777).toBe(0o750);
});

test('a directory is made with those above it, and one that cannot be is refused at once', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a', 'b');
  await makeDirectory(path);
  await makeDirectory(path);
  expect((await stat(path)).isDirectory()).toBe(true);
  await writeFile(join(path, 'file'), '');
  await expect(makeDirectory(join(path, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectory(join(path, 'file', 'c'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeDirectory('/proc/nowhere/c')).rejects.toMatchObject({ code: 'ENOENT' });
});
