import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GroupCommit, NotSyncedError, type Sync } from '../../src/store/group-commit.ts';

function counted(sync?: Sync) {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE t (n INTEGER)');
  const insert = database.prepare('INSERT INTO t VALUES (?)');
  const counts = { commits: 0, failures: 0 };
  const commits = new GroupCommit(
    database,
    {
      before: () => undefined,
      after: () => {
        counts.commits++;
      },
      failed: () => {
        counts.failures++;
      },
    },
    sync,
  );
  const rows = () => Number(database.prepare('SELECT count(*) AS n FROM t').get()?.n);
  return { counts, commits, rows, add: (n: number) => commits.run(() => insert.run(n)) };
}

describe('group commit', () => {
  it('those who come together share a commit, and one alone is not kept waiting', async () => {
    const { add, counts } = counted();
    await add(1);
    expect(counts.commits).toBe(1);
    await Promise.all([add(2), add(3), add(4)]);
    expect(counts.commits).toBe(2);
  });

  it('as long as each turn of the event loop brings more of them they are waited for, some turns at most', async () => {
    const { add, counts, rows } = counted();
    const all = [add(0), add(1)];
    for (let turn = 0; turn < 6; turn++) {
      await nextTurn();
      all.push(add(turn));
    }
    expect(counts.commits).toBe(0);
    await Promise.all(all);
    expect([counts.commits, rows()]).toEqual([1, 8]);
    let first = false;
    void Promise.all([add(0), add(1)]).then(() => {
      first = true;
    });
    let turns = 0;
    for (; !first && turns < 50; turns++) {
      await nextTurn();
      all.push(add(turns));
    }
    expect(turns).toBeLessThan(20);
    await Promise.all(all);
  });

  it('when one of them fails nothing of the group is stored, and the next group is', async () => {
    const { add, commits, counts, rows } = counted();
    const bad = commits.run(() => {
      throw new Error('no');
    });
    const outcomes = await Promise.allSettled([add(1), bad, add(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([counts, rows()]).toEqual([{ commits: 0, failures: 1 }, 0]);
    await add(3);
    expect(rows()).toBe(1);
  });

  it('nobody is answered before the sync of the group, and the next one is committed by then', async () => {
    const sync = new HeldSync();
    const { add, counts } = counted(sync);
    const events: string[] = [];
    const note = (name: string, done: Promise<unknown>) =>
      done.then(
        () => events.push(`${name} after ${counts.commits}`),
        (error) => events.push(`${name} ${error instanceof NotSyncedError}`),
      );
    const first = note('first', add(1));
    await sync.begun(1);
    const others = [note('second', add(2)), note('third', add(3))];
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect([events, counts.commits]).toEqual([[], 1]);
    sync.end();
    await first;
    expect([events, sync.count]).toEqual([['first after 2'], 2]);
    sync.end(new Error('EIO'));
    await Promise.all(others);
    expect(events.slice(1)).toEqual(['second true', 'third true']);
    const last = note('last', add(4));
    await sync.begun(3);
    sync.end();
    await last;
    expect(events.at(-1)).toBe('last after 3');
  });

  it('what is flushed is synced at once, beside a sync that is on its way', async () => {
    const sync = new HeldSync();
    const { add, commits } = counted(sync);
    const first = add(1);
    await sync.begun(1);
    const second = add(2);
    commits.flush();
    await second;
    expect(sync.atOnce).toBe(1);
    sync.end();
    await first;
  });

  it('a disk that is quick by now is waited for, and those who came first are answered first', async () => {
    const sync = new HeldSync();
    const { add, counts } = counted(sync);
    const answered: string[] = [];
    const first = Promise.all([add(1), add(2)]).then(() => answered.push(`first after ${counts.commits}`));
    await sync.begun(1);
    const second = Promise.all([add(3), add(4)]).then(() => answered.push(`second after ${counts.commits}`));
    sync.isQuick = true;
    sync.end();
    await Promise.all([first, second]);
    expect(answered).toEqual(['first after 1', 'second after 2']);
    expect([sync.count, sync.atOnce]).toEqual([1, 1]);
  });

  it('a quick disk that fails rejects the whole group, and the next one is stored', async () => {
    const sync = new HeldSync();
    sync.isQuick = true;
    const { add, rows } = counted(sync);
    sync.failure = new Error('EIO');
    const outcomes = await Promise.allSettled([add(1), add(2)]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: expect.any(NotSyncedError) });
    sync.failure = undefined;
    await add(3);
    expect(rows()).toBe(3);
  });
});

/** A disk that takes its time. */
class HeldSync implements Sync {
  count = 0;
  atOnce = 0;
  isQuick = false;
  failure: Error | undefined;
  #settle: (error?: Error) => void = () => {};

  run(): Promise<void> {
    this.count++;
    return new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve());
    });
  }

  runNow(): void {
    this.atOnce++;
    if (this.failure) throw this.failure;
  }

  async begun(number: number): Promise<void> {
    while (this.count < number) await nextTurn();
  }

  end(error?: Error): void {
    this.#settle(error);
  }
}
