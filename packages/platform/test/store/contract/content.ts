import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Opened, upload, withDevice } from './opened.ts';

export function contentContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: content`, () => {
    test('content is kept with what was said of it', async () => {
      await using opened = await open();
      await withDevice(opened);
      const made = await upload(opened, 'app.v1.tar.gz', 'bytes');
      expect(made).toMatchObject({ product: 'pump', id: 'app.v1.tar.gz', size: 5, updated: 5, meta: '' });
      await opened.reopen();
      expect(await opened.store.content('pump', 'app.v1.tar.gz')).toEqual(made);
      expect(await opened.store.contents('pump')).toEqual([made]);
      expect(made.contentType).toBe('application/x-gzip; odd=1');
      expect(await readFile(made.blob, 'utf8')).toBe('bytes');
    });

    test('an upload of the same id replaces the content by another file', async () => {
      await using opened = await open();
      await withDevice(opened);
      const first = await upload(opened, 'app', 'one');
      const second = await upload(opened, 'app', 'two');
      expect(second.blob).not.toBe(first.blob);
      expect(await opened.store.contents('pump')).toEqual([second]);
      expect(await readFile(second.blob, 'utf8')).toBe('two');
    });

    test('content of an unknown product is refused', async () => {
      await using opened = await open();
      await expect(upload(opened, 'app', 'one', 'valve')).rejects.toMatchObject({ code: 'NO_PRODUCT' });
    });

    test('deleted content is gone', async () => {
      await using opened = await open();
      await withDevice(opened);
      const { blob } = await upload(opened, 'app', 'one');
      expect(await opened.store.deleteContent('pump', 'app')).toBe(true);
      expect(await opened.store.deleteContent('pump', 'app')).toBe(false);
      expect(await opened.store.content('pump', 'app')).toBeUndefined();
      await expect(readFile(blob)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });
}
