import { open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { silentLogger } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { filesSetAside } from '../../src/store/database-file.ts';
import { QueueStore } from '../../src/store/queue-store.ts';
import { migrations } from '../../src/store/schema.ts';

const cik = 'c'.repeat(40);
const device = { vendor: 'prod', model: 'prod', serial: '1' };

function allWaiting(store: QueueStore): number[] {
  return store
    .lastWaiting()
    .flatMap(({ identity, lastId }) => [...store.waiting(identity, lastId)].map(({ at }) => at))
    .sort((a, b) => a - b);
}

/** A queue of 2,000 points on thousand pages, more than SQLite has in memory, closed in good order. */
async function filled(file: string): Promise<void> {
  const store = QueueStore.open(file, new FakeClock());
  for (const caller of [{ cik }, { device }]) {
    const points = Array.from({ length: 1000 }, (_, at) => ({ alias: 'a', at, value: 'x'.repeat(1500) }));
    await store.accept(caller, points, 0);
  }
  const { id } = await store.enrol({ device });
  await store.setKey(id, 'd'.repeat(40));
  store.close();
}

async function overwrite(file: string, page: number): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(4096, 0xff), 0, 4096, page * 4096);
  await handle.close();
}

/** A page that holds points: neither the first ones nor the last. */
async function damagePage(file: string): Promise<void> {
  const bytes = await readFile(file);
  const leaf = 13;
  const pages = Array.from({ length: bytes.length / 4096 }, (_, page) => page).filter(
    (page) => bytes[page * 4096] === leaf && bytes.indexOf('xxxxxxxx', page * 4096) < (page + 1) * 4096,
  );
  await overwrite(file, pages[Math.floor(pages.length / 4)] ?? 0);
}

describe('a database that is damaged', () => {
  it.each([
    ['is no database at all', (file: string) => writeFile(file, 'no database '.repeat(1000))],
    ['has lost its first page', (file: string) => overwrite(file, 0)],
  ])('and %s is set aside, and the queue goes on with a new one', async (_, damage) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    await filled(file);
    await damage(file);
    const store = QueueStore.open(file, new FakeClock());
    expect(allWaiting(store)).toEqual([]);
    await store.accept({ cik }, [{ alias: 'a', at: 1, value: 'new' }], 0);
    store.close();
    expect(filesSetAside(file)).toHaveLength(1);
    const again = QueueStore.open(file, new FakeClock());
    expect(allWaiting(again)).toEqual([1]);
    again.close();
  });

  it('gives what can be read of it to the new one: points, identities and their keys', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    await filled(file);
    await damagePage(file);
    const store = QueueStore.open(file, new FakeClock());
    const left = allWaiting(store);
    expect(left.length).toBeGreaterThan(1900);
    expect(left.length).toBeLessThan(2000);
    expect([store.identity(1)?.cik, store.identity(2)]).toEqual([
      cik,
      { id: 2, device, cik: 'd'.repeat(40), problem: undefined },
    ]);
    expect(store.waitingOf(1).waiting + store.waitingOf(2).waiting).toBe(left.length);
    store.close();
  });

  it('loses nothing to a cut file but what was in the part that is missing', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    await filled(file);
    await truncate(file, 900 * 4096);
    const store = QueueStore.open(file, new FakeClock());
    expect(allWaiting(store).length).toBeGreaterThan(500);
    store.close();
    expect(filesSetAside(file)).toHaveLength(1);
  });

  it('is replaced while the queue runs, whose identities keep their numbers', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    await filled(file);
    let replaced = 0;
    const store = QueueStore.open(file, new FakeClock(), { onReplaced: () => replaced++ });
    await damagePage(file);
    expect(() => allWaiting(store)).toThrow(/malformed/);
    const accepted = await store.accept({ device }, [{ alias: 'a', at: 5000, value: 'new' }], 0);
    expect(accepted).toEqual({ identity: 2, lastId: 2001 });
    expect(allWaiting(store).length).toBeGreaterThan(1900);
    expect([replaced, filesSetAside(file).length]).toEqual([1, 1]);
    store.close();
  });

  it('is noticed by its figures when a row has changed its owner, or has none', async () => {
    await using folder = await temporaryFolder();
    for (const [index, owner] of ['1', '9'].entries()) {
      const file = join(folder.path, `${index}.db`);
      await filled(file);
      const database = new DatabaseSync(file);
      database.exec(`UPDATE record SET identity = ${owner} WHERE id = 1500`);
      database.close();
      const store = QueueStore.open(file, new FakeClock());
      expect(filesSetAside(file)).toHaveLength(1);
      expect(store.waitingOf(1).waiting + store.waitingOf(2).waiting).toBe(allWaiting(store).length);
      store.close();
      QueueStore.open(file, new FakeClock()).close();
      expect(filesSetAside(file)).toHaveLength(1);
    }
  });

  it('is kept to be looked at, but not more than three of them', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    for (let round = 0; round < 5; round++) {
      await writeFile(file, 'no database '.repeat(1000));
      QueueStore.open(file, new FakeClock()).close();
    }
    expect(filesSetAside(file)).toHaveLength(3);
    expect((await readdir(folder.path)).filter((name) => name.includes('corrupt'))).toHaveLength(3);
  });

  it('of a later version is left alone', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 1000');
    database.close();
    expect(() => QueueStore.open(file, new FakeClock(), { logger: silentLogger })).toThrow('later version');
    expect(filesSetAside(file)).toEqual([]);
  });
});

describe('a database of the first version', () => {
  it('is taken over with its points, all of normal priority, and counted', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.db');
    const before = new DatabaseSync(file);
    before.exec(migrations[0]);
    before.exec(
      `PRAGMA user_version = 1;
       INSERT INTO identity (id, cik, uploaded, merged) VALUES (7, '${cik}', 5, 1);
       INSERT INTO record VALUES (3, 7, 100, 1, 'ä', 10, 'x'), (4, 7, 100, 0, 'b', 11, 'y');
       INSERT INTO dead_letter VALUES (1, 7, 100, 'c', 12, 'z', 'no', 100);`,
    );
    before.close();
    const store = QueueStore.open(file, new FakeClock());
    expect(store.waitingOf(7)).toEqual({ waiting: 2, bytes: 2 * 32 + 5 });
    expect([...store.waiting(7, 9, 1)].map(({ value }) => value)).toEqual(['x', 'y']);
    expect((await store.accept({ cik }, [{ alias: 'a', at: 1, value: '' }], 0)).lastId).toBe(5);
    store.close();
    const after = new DatabaseSync(file, { readOnly: true });
    expect(after.prepare('SELECT accepted, refused FROM identity').get()).toEqual({
      accepted: 10,
      refused: 1,
    });
    after.close();
  });
});
