import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { type Priority, priorityLookup } from '../../src/settings/priorities.ts';
import { type Bounds, DiskFloorError, QueueFullError, unbounded } from '../../src/store/bounds.ts';
import type { Point } from '../../src/store/points.ts';
import { QueueStore } from '../../src/store/queue-store.ts';
import { migrations } from '../../src/store/schema.ts';

const one = { cik: 'a'.repeat(40) };
const two = { cik: 'b'.repeat(40) };
const kilobyte = 1000;
const MiB = 1024 * 1024;
const priorities = new Map<string, Priority>([
  ['low', 0],
  ['high', 2],
]);

/** A point that counts as a kilobyte. */
const point = (alias: string, at = 1): Point => ({
  alias,
  at,
  value: 'x'.repeat(kilobyte - 32 - alias.length),
});

function storeWith(bounds: Partial<Bounds>, free?: () => number) {
  const clock = new FakeClock();
  const store = new QueueStore(openDatabase(':memory:', migrations), {
    clock,
    bounds: () => ({ ...unbounded, ...bounds }),
    priorityOf: priorityLookup(priorities),
    ...(free ? { disk: () => ({ free: free(), total: 1e9 }) } : {}),
  });
  return { store, clock };
}

/** Alias and time of all that waits, in order. */
function waiting(store: QueueStore): string[] {
  return store
    .lastWaiting()
    .flatMap(({ identity, lastId }) => [...store.waiting(identity, lastId)])
    .sort((a, b) => a.id - b.id)
    .map(({ alias, at }) => `${alias} ${at}`);
}

describe('a queue that rejects when it is full', () => {
  it('keeps a part for normal points and another for high ones', async () => {
    const { store } = storeWith({ maxBytes: 20 * kilobyte });
    const fill = async (alias: string) => {
      for (let taken = 0; ; taken++) {
        try {
          await store.accept(one, [point(alias)], 0);
        } catch (error) {
          expect(error).toBeInstanceOf(QueueFullError);
          return taken;
        }
      }
    };
    expect([await fill('low'), await fill('some'), await fill('high')]).toEqual([16, 3, 1]);
    await store.removeUploaded(1, [1, 2], 0);
    expect([await fill('low'), await fill('some'), await fill('high')]).toEqual([0, 1, 1]);
    store.close();
  });

  it('holds an identity to its quota, and takes from the others', async () => {
    const { store } = storeWith({ identityBytes: 2 * kilobyte });
    await store.accept(one, [point('high'), point('high')], 0);
    await expect(store.accept(one, [point('high')], 0)).rejects.toThrow(QueueFullError);
    await store.accept(two, [point('high')], 0);
    expect(waiting(store)).toHaveLength(3);
    store.close();
  });

  it('takes a request as a whole or not at all', async () => {
    const { store } = storeWith({ maxBytes: 4 * kilobyte });
    const large = [1, 2, 3, 4, 5].map((at) => point('high', at));
    await expect(store.accept(one, large, 0)).rejects.toThrow(QueueFullError);
    const entries = [
      { caller: one, points: large.slice(0, 3) },
      { caller: two, points: large.slice(3) },
    ];
    await expect(store.acceptMany(entries, 0)).rejects.toThrow(QueueFullError);
    expect(waiting(store)).toEqual([]);
    expect(await store.acceptMany(entries.slice(0, 1), 0)).toHaveLength(1);
    store.close();
  });

  it('leaves the configured space of the disk to others', async () => {
    let free = 600e6;
    const { store, clock } = storeWith({ freeDiskBytes: 500e6 }, () => free);
    await store.accept(one, [point('a')], 0);
    free = 500e6;
    await clock.advance(1001);
    await expect(store.accept(one, [point('a')], 0)).rejects.toThrow(DiskFloorError);
    free = 600e6;
    await store.accept(one, [point('a')], 0);
    store.close();
  });
});

describe('a queue that drops the oldest when it is full', () => {
  it('gives up low points first, then normal ones, each from the oldest on, and counts them', async () => {
    const { store } = storeWith({ maxBytes: 4 * kilobyte, whenFull: 'drop-oldest' });
    for (const [at, alias] of ['some', 'low', 'high', 'low'].entries()) {
      await store.accept(at === 0 ? two : one, [point(alias, at)], 0);
    }
    const steps: string[][] = [];
    for (const at of [5, 6, 7, 8]) {
      await store.accept(one, [point('some', at)], 0);
      steps.push(waiting(store));
    }
    expect(steps).toEqual([
      ['some 0', 'high 2', 'low 3', 'some 5'],
      ['some 0', 'high 2', 'some 5', 'some 6'],
      ['high 2', 'some 5', 'some 6', 'some 7'],
      ['high 2', 'some 6', 'some 7', 'some 8'],
    ]);
    expect(store.waitingOf(1)).toEqual({ waiting: 0, bytes: 0 });
    store.close();
  });

  it('never gives up a point for one of lower priority: that one is not taken', async () => {
    const { store } = storeWith({ maxBytes: 2 * kilobyte, whenFull: 'drop-oldest' });
    await store.accept(one, [point('high', 1), point('high', 2)], 0);
    await expect(store.accept(one, [point('some', 3)], 0)).rejects.toThrow(QueueFullError);
    expect(waiting(store)).toEqual(['high 1', 'high 2']);
    store.close();
  });

  it('makes room for an identity out of its own points', async () => {
    const { store } = storeWith({ identityBytes: 2 * kilobyte, whenFull: 'drop-oldest' });
    await store.accept(two, [point('low', 1)], 0);
    await store.accept(one, [point('high', 2), point('low', 3)], 0);
    await store.accept(one, [point('some', 4)], 0);
    expect(waiting(store)).toEqual(['low 1', 'high 2', 'some 4']);
    store.close();
  });

  it('makes room out of its own file when the disk is nearly full', async () => {
    let free = 100e6;
    const { store, clock } = storeWith({ whenFull: 'drop-oldest' }, () => free);
    const points = Array.from({ length: 200 }, (_, at) => ({ alias: 'a', at, value: 'x'.repeat(20_000) }));
    await store.accept(one, points, 0);
    free = 8 * 1024 * 1024;
    await clock.advance(1001);
    for (let at = 200; at < 260; at++) {
      await store.accept(one, [{ alias: 'a', at, value: 'x'.repeat(20_000) }], 0);
    }
    const left = waiting(store);
    expect(left.at(-1)).toBe('a 259');
    expect(left.length).toBeGreaterThan(100);
    store.close();
  });
});

describe('the file of a queue', () => {
  it.each([
    ['small points', 5],
    ['points that leave half of a page empty', 2100],
    ['points of several pages', 9000],
  ])('stays near its bound with %s', async (_, size) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    const maxBytes = 2 * MiB;
    for (const whenFull of ['reject', 'drop-oldest'] as const) {
      const bounds = () => ({ ...unbounded, maxBytes, whenFull });
      const store = QueueStore.open(file, new FakeClock(), { bounds });
      const points = Array.from({ length: Math.ceil(200_000 / (size + 32)) }, (_, at) => ({
        alias: 'a',
        at,
        value: 'x'.repeat(size),
      }));
      for (let round = 0; round < 20; round++) {
        await store.accept(round % 2 === 0 ? one : two, points, 0).catch((error: unknown) => {
          expect(error).toBeInstanceOf(QueueFullError);
        });
      }
      expect(waiting(store).length * (size + 33)).toBeGreaterThan(maxBytes / 2);
      store.close();
      expect((await stat(file)).size).toBeLessThan(maxBytes * 1.25 + MiB);
    }
  });
});

describe('time to live', () => {
  it('ends by the time that the queue runs, whatever the wall clock does', async () => {
    const { store, clock } = storeWith({ timeToLiveMs: 100_000 });
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 2000) {
        await clock.advance(2000);
        while (await store.tidy());
      }
    };
    await store.accept(one, [point('a', 1)], 0);
    await pass(60_000);
    clock.setWall(4e12);
    await store.accept(one, [point('a', 2)], 4e9);
    await pass(30_000);
    expect(waiting(store)).toEqual(['a 1', 'a 2']);
    await pass(14_000);
    expect(waiting(store)).toEqual(['a 2']);
    clock.setWall(0);
    await pass(50_000);
    expect(waiting(store)).toEqual(['a 2']);
    await pass(14_000);
    expect(waiting(store)).toEqual([]);
    store.close();
  });

  it('goes on counting after a restart', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    const bounds = () => ({ ...unbounded, timeToLiveMs: 100_000 });
    for (let run = 0; run < 4; run++) {
      const clock = new FakeClock(run * 1e12);
      const store = QueueStore.open(file, clock, { bounds });
      if (run === 0) await store.accept(one, [point('a')], 0);
      for (let step = 0; step < 9; step++) {
        while (await store.tidy());
        await clock.advance(4000);
      }
      expect(waiting(store)).toHaveLength(run < 3 ? 1 : 0);
      store.close();
    }
  });
});

describe('the number of identities', () => {
  it('has an end, at which those that are known are still served', async () => {
    const { store } = storeWith({});
    const callers = Array.from({ length: 10_000 }, (_, n) => ({ cik: n.toString(16).padStart(40, '0') }));
    await store.acceptMany(
      callers.map((caller) => ({ caller, points: [{ alias: 'a', at: 1, value: '' }] })),
      0,
    );
    await expect(store.accept(one, [point('a')], 0)).rejects.toThrow('10000 identities already');
    await expect(store.enrol(one)).rejects.toThrow(QueueFullError);
    const { identity } = await store.accept({ cik: '0'.repeat(40) }, [point('a')], 0);
    expect(store.waitingOf(identity).waiting).toBe(2);
    store.close();
  });
});
