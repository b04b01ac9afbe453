import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { CommitQueue } from '../../src/store/sqlite/commit-queue.ts';
import { kyselyOver } from '../../src/store/sqlite/connection.ts';
import { migrations } from '../../src/store/sqlite/tables.ts';

async function openQueue() {
  const folder = await temporaryFolder();
  const database = openDatabase(join(folder.path, 'test.db'), migrations);
  const closing: (() => unknown)[] = [];
  const commits = new CommitQueue(kyselyOver(database, closing));
  return {
    database,
    commits,
    addUser: (name: string, size = 10) =>
      commits.write(async (db) => {
        await db
          .insertInto('user')
          .values({ name, password: 'x'.repeat(size) })
          .execute();
      }),
    users: () =>
      database
        .prepare('SELECT name FROM user ORDER BY name')
        .all()
        .map((row) => row.name),
    [Symbol.asyncDispose]: async () => {
      for (const close of closing) close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('what is asked for at the same time shares one commit', async () => {
  await using queue = await openQueue();
  const other = new DatabaseSync(queue.database.location() ?? '');
  // Another connection sees one more version for each commit.
  const version = () => Number(other.prepare('PRAGMA data_version').get()?.data_version);
  const seen = new Set([version()]);
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      await queue.addUser(`user ${index}`);
      seen.add(version());
    }),
  );
  other.close();
  expect(queue.users()).toHaveLength(100);
  expect(seen.size).toBe(2);
});

test('a writing that fails takes nothing of the others with it', async () => {
  await using queue = await openQueue();
  const outcomes = await Promise.allSettled([
    queue.addUser('a'),
    queue.commits.write(async (db) => {
      await db.insertInto('user').values({ name: 'half', password: '' }).execute();
      throw new Error('changed my mind');
    }),
    queue.addUser('b'),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(queue.users()).toEqual(['a', 'b']);
});

test('a full disk refuses what it has no room for, and all is well again when there is room', async () => {
  await using queue = await openQueue();
  await queue.addUser('before');
  const { page_count: pages } = queue.database.prepare('PRAGMA page_count').get() ?? {};
  queue.database.exec(`PRAGMA max_page_count = ${Number(pages) + 5}`);
  const outcomes = await Promise.allSettled([
    queue.addUser('small'),
    queue.addUser('large', 1_000_000),
    queue.addUser('small too'),
  ]);
  const [small, large, smallToo] = outcomes;
  expect(large).toMatchObject({
    status: 'rejected',
    reason: { code: 'FULL', cause: { message: 'database or disk is full' } },
  });
  // Whoever shared the transaction is told the truth about it, whether SQLite kept it or not.
  const kept = [small, smallToo].filter((outcome) => outcome?.status === 'fulfilled').length;
  expect(queue.users()).toHaveLength(1 + kept);
  queue.database.exec('PRAGMA max_page_count = 1000000');
  await queue.addUser('after', 1_000_000);
  expect(queue.users()).toContain('after');
});
