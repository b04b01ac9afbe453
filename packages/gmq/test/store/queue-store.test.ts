import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { QueueStore } from '../../src/store/queue-store.ts';
import { migrations } from '../../src/store/schema.ts';

const device = { vendor: 'prod', model: 'prod', serial: 'any!@#$%^&*()x y' };
const cik = 'c'.repeat(40);

function allWaiting(store: QueueStore): string[] {
  return store
    .lastWaiting()
    .flatMap(({ identity, lastId }) => [...store.waiting(identity, lastId)].map(({ value }) => value));
}

describe('QueueStore', () => {
  it('gives back values byte for byte after it was closed and opened again', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'var', 'gmq.db');
    const values = ['a&b=c +%', '😀', '100%', '', '{"a": [1]}', '\r\n', 'nul \0 inside', "it's", 'é\u0301'];
    const first = QueueStore.open(file, new FakeClock());
    await first.accept(
      { device },
      values.map((value, at) => ({ alias: 'x & y', at, value })),
      0,
    );
    first.close();
    const second = QueueStore.open(file, new FakeClock());
    expect(allWaiting(second)).toEqual(values);
    expect(second.identity(1)).toMatchObject({ device, cik: undefined });
    second.close();
  });

  it('keeps the same caller under the same number, also within one commit', async () => {
    const store = new QueueStore(openDatabase(':memory:', migrations));
    const point = [{ alias: 'a', at: 1, value: 'v' }];
    const accepted = await Promise.all([
      store.accept({ device }, point, 0),
      store.accept({ cik }, point, 0),
      store.accept({ device }, point, 0),
    ]);
    const later = await store.accept({ cik }, point, 0);
    expect([...accepted, later].map(({ identity }) => identity)).toEqual([1, 2, 1, 2]);
    store.close();
  });

  it('a caller by key and a named device that holds the same key stay apart', async () => {
    const store = new QueueStore(openDatabase(':memory:', migrations));
    const { id } = await store.enrol({ device });
    await store.setKey(id, cik);
    expect((await store.enrol({ cik })).id).not.toBe(id);
    store.close();
  });

  it('nothing of a request stays when the disk fails at the sync, and others are as they were', async () => {
    const failures: (Error | undefined)[] = [];
    const run = async () => {
      const failure = failures.shift();
      if (failure) throw failure;
    };
    const store = new QueueStore(openDatabase(':memory:', migrations), { sync: { run, runNow: () => {} } });
    const points = (...values: string[]) => values.map((value, at) => ({ alias: 'a', at, value }));
    await store.accept({ cik }, points('kept'), 0);
    const figures = store.waitingOf(1);
    failures.push(new Error('EIO'), new Error('EIO'));
    await expect(store.accept({ cik }, points('lost', 'too'), 0)).rejects.toThrow(
      'the disk has not taken it',
    );
    expect(allWaiting(store)).toEqual(['kept']);
    expect(store.waitingOf(1)).toEqual(figures);
    failures.push(new Error('EIO'));
    const outcomes = await Promise.allSettled([
      store.accept({ cik }, points('lost'), 0),
      store.accept({ device }, points('lost'), 0),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await store.accept({ cik }, points('also kept'), 0);
    expect(allWaiting(store)).toEqual(['kept', 'also kept']);
    store.close();
  });

  it('on a full disk nothing of a request is stored, and it goes on when there is space', async () => {
    const database = openDatabase(':memory:', migrations);
    const store = new QueueStore(database);
    await store.accept({ cik }, [{ alias: 'a', at: 1, value: 'kept' }], 0);
    const limit = (pages: number) => database.prepare(`PRAGMA max_page_count = ${pages}`).get();
    limit(Number(database.prepare('PRAGMA page_count').get()?.page_count));
    const large = [
      { alias: 'a', at: 2, value: 'first of two' },
      { alias: 'a', at: 3, value: 'x'.repeat(20_000) },
    ];
    await expect(store.accept({ device }, large, 0)).rejects.toThrow(/full/);
    expect(allWaiting(store)).toEqual(['kept']);
    limit(1_000_000);
    await store.accept({ device }, large, 0);
    expect(allWaiting(store)).toHaveLength(3);
    store.close();
  });

  it('takes nothing while the disk is nearly full, but room inside its own file counts', async () => {
    const clock = new FakeClock();
    let free = 100 * 1024 * 1024;
    const measure = () => ({ free, total: 200 * 1024 * 1024 });
    const store = new QueueStore(openDatabase(':memory:', migrations), { disk: measure, clock });
    const fifth = Array.from({ length: 20 }, (_, at) => ({ alias: 'a', at, value: 'x'.repeat(100_000) }));
    const accepted = await store.accept({ cik }, fifth, 0);
    free = 8 * 1024 * 1024;
    await clock.advance(1001);
    await expect(store.accept({ cik }, fifth.slice(0, 1), 0)).rejects.toThrow('nearly full');
    const ids = [...store.waiting(accepted.identity, accepted.lastId)].map(({ id }) => id);
    await store.removeUploaded(accepted.identity, ids, 0);
    await clock.advance(1001);
    await store.accept({ cik }, fifth.slice(0, 1), 0);
    expect(allWaiting(store)).toHaveLength(1);
    store.close();
  });

  it('gives space back to the file system when a backlog is gone', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    const store = QueueStore.open(file, new FakeClock());
    const points = Array.from({ length: 100 }, (_, at) => ({ alias: 'a', at, value: 'x'.repeat(200_000) }));
    const { identity, lastId } = await store.accept({ cik }, points, 0);
    for (const { id } of [...store.waiting(identity, lastId)]) await store.removeUploaded(identity, [id], 0);
    await store.accept({ cik }, [{ alias: 'a', at: 1, value: 'still here' }], 0);
    store.close();
    expect((await stat(file)).size).toBeLessThan(6 * 1024 * 1024);
    const again = QueueStore.open(file, new FakeClock());
    expect(allWaiting(again)).toEqual(['still here']);
    again.close();
  });

  it('never gives a row the id of one that is gone', async () => {
    const store = new QueueStore(openDatabase(':memory:', migrations));
    const point = [{ alias: 'a', at: 1, value: 'v' }];
    const first = await store.accept({ cik }, point, 0);
    await store.removeUploaded(first.identity, [first.lastId], 0);
    expect((await store.accept({ cik }, point, 0)).lastId).toBeGreaterThan(first.lastId);
    store.close();
  });
});
