import { describe, expect, test } from 'vitest';
import { type Opened, withDevice } from './opened.ts';

export function pointsContract(name: string, open: () => Promise<Opened>): void {
  describe(`${name}: points`, () => {
    test('points are kept by timestamp and the newest is the one with the greatest', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('fetch_status');
      await opened.store.storePoints([
        { resourceId, ts: 20, value: 'twenty' },
        { resourceId, ts: 10, value: 'ten' },
        { resourceId: id('count'), ts: 15, value: '15' },
      ]);
      await opened.reopen();
      const { store } = opened;
      const newest = await store.latest([resourceId, id('count'), id('engine_fetch')]);
      expect(newest.get(resourceId)).toEqual({ ts: 20, value: 'twenty' });
      expect(newest.get(id('count'))).toEqual({ ts: 15, value: '15' });
      expect(newest.size).toBe(2);
      expect(await store.latest([])).toEqual(new Map());
    });

    test('a point where one exists replaces it, also within one call', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('fetch_status');
      const all = { start: 0, end: 100, limit: 10, sort: 'asc' } as const;
      await opened.store.storePoints([{ resourceId, ts: 10, value: 'a' }]);
      await opened.store.storePoints([{ resourceId, ts: 10, value: 'b' }]);
      expect(await opened.store.history(resourceId, all)).toEqual([{ ts: 10, value: 'b' }]);
      await opened.store.storePoints(['c', 'd'].map((value) => ({ resourceId, ts: 10, value })));
      expect(await opened.store.history(resourceId, all)).toEqual([{ ts: 10, value: 'd' }]);
    });

    test('a point that is to be stored where there is none replaces none', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('fetch_status');
      const offered = ['a', 'b', 'c'].map((value) => ({ resourceId, ts: 10, value }));
      const stored = await Promise.all(offered.map((point) => opened.store.storeWhereFree(point)));
      expect(stored).toEqual([true, false, false]);
      expect(await opened.store.storeWhereFree({ resourceId, ts: 11, value: 'd' })).toBe(true);
      expect(await opened.store.storeWhereFree({ resourceId: id('count'), ts: 10, value: '1' })).toBe(true);
      await opened.reopen();
      const all = { start: 0, end: 100, limit: 10, sort: 'asc' } as const;
      expect(await opened.store.history(resourceId, all)).toEqual([
        { ts: 10, value: 'a' },
        { ts: 11, value: 'd' },
      ]);
    });

    test.each([
      '',
      'a&b=c +%',
      '100%',
      '\u{1F600}',
      '{"a": "b"}',
      '\r\n',
      'nul \0 inside',
      'x'.repeat(100_000),
    ])('the value %j is kept letter for letter', async (value) => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      await opened.store.storePoints([{ resourceId: id('fetch_status'), ts: 1, value }]);
      expect((await opened.store.latest([id('fetch_status')])).get(id('fetch_status'))?.value).toBe(value);
    });

    test('the oldest point after a time is found', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('count');
      await opened.store.storePoints([30, 10, 20].map((ts) => ({ resourceId, ts, value: `${ts}` })));
      const after = async (ts: number) => (await opened.store.oldestAfter(resourceId, ts))?.ts;
      expect([await after(0), await after(10), await after(29), await after(30)]).toEqual([
        10,
        20,
        30,
        undefined,
      ]);
    });

    test('history gives a range, either way round, up to the limit', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const resourceId = id('count');
      const points = Array.from({ length: 1200 }, (_, ts) => ({ resourceId, ts, value: `${ts}` }));
      await opened.store.storePoints(points);
      const times = async (start: number, end: number, limit: number, sort: 'asc' | 'desc') =>
        (await opened.store.history(resourceId, { start, end, limit, sort })).map(({ ts }) => ts);
      expect(await times(5, 8, 10, 'asc')).toEqual([5, 6, 7, 8]);
      expect(await times(5, 8, 10, 'desc')).toEqual([8, 7, 6, 5]);
      expect(await times(0, Number.MAX_SAFE_INTEGER, 2, 'desc')).toEqual([1199, 1198]);
      expect(await times(0, 5000, 5000, 'asc')).toHaveLength(1200);
    });

    test('one bad point refuses all of the call, and nothing of the calls beside it', async () => {
      await using opened = await open();
      const { id } = await withDevice(opened);
      const good = { resourceId: id('count'), ts: 1, value: '1' };
      const outcomes = await Promise.allSettled([
        opened.store.storePoints([good]),
        opened.store.storePoints([
          { ...good, ts: 2 },
          { resourceId: 999_999, ts: 2, value: 'nowhere' },
        ]),
        opened.store.storePoints([{ ...good, ts: 3 }]),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const kept = await opened.store.history(id('count'), { start: 0, end: 9, limit: 9, sort: 'asc' });
      expect(kept.map(({ ts }) => ts)).toEqual([1, 3]);
    });
  });
}
