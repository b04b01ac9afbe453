import { describe, expect, test } from 'vitest';
import { cik, type Opened, upload, withDevice } from './opened.ts';

export function figuresContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: figures`, () => {
    test('devices are counted by product and state, with those that are online, and contents with their bytes', async () => {
      await using opened = await open();
      const { store } = opened;
      const { now } = await withDevice(opened);
      await store.createProduct({ id: 'other', resources: [] });
      for (const sn of ['B', 'C', 'D']) await store.addDevice({ product: 'pump', sn, windowEnds: now + 60 });
      await store.addDevice({ product: 'other', sn: 'B', windowEnds: now - 1 });
      await store.activate({ product: 'pump', sn: 'B', cik: cik('b'), now: now - 100 });
      await store.activate({ product: 'pump', sn: 'C', cik: cik('c'), now: now - 50 });
      await upload(opened, 'one', 'abc');
      await upload(opened, 'two', 'de');
      const { products, contents, databaseBytes } = await store.figures({ onlineSince: now - 60 });
      expect([...products].sort((a, b) => (a.product + a.status < b.product + b.status ? -1 : 1))).toEqual([
        { product: 'other', status: 'expired', devices: 1, online: 0 },
        { product: 'pump', status: 'activated', devices: 2, online: 1 },
        { product: 'pump', status: 'notactivated', devices: 2, online: 0 },
      ]);
      expect(contents).toEqual({ count: 2, bytes: 5 });
      expect(databaseBytes).toBeGreaterThan(0);
    });
  });
}
