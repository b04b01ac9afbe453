import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { WalSync } from '../../src/store/wal-sync.ts';

it('what the log does not bring to the disk goes into the database, and the log begins anew', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'q.db');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER)');
  const outcomes = [() => Promise.resolve(), () => Promise.reject(new Error('EIO')), () => Promise.resolve()];
  let syncs = 0;
  const sync = new WalSync(database, file, () => outcomes[syncs++]?.() ?? Promise.resolve());
  /** What is found when the log is lost. */
  const withoutLog = () => {
    const copy = join(folder.path, 'copy.db');
    copyFileSync(file, copy);
    const other = new DatabaseSync(copy);
    try {
      return Number(other.prepare('SELECT count(*) AS n FROM t').get()?.n);
    } finally {
      other.close();
    }
  };
  const add = () => {
    database.exec('INSERT INTO t VALUES (1)');
    return sync.run();
  };
  await add();
  await add();
  expect(withoutLog()).toBe(2);
  // Somebody reads: the log cannot be begun anew, and it is not known where its gap is.
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM t').get();
  outcomes[2] = () => Promise.reject(new Error('EIO'));
  database.exec('PRAGMA busy_timeout = 1');
  await expect(add()).rejects.toThrow('the log cannot be brought to the disk');
  await expect(add()).rejects.toThrow('the log cannot be brought to the disk');
  reader.close();
  await add();
  expect([syncs, withoutLog()]).toEqual([3, 5]);
  await add();
  expect(syncs).toBe(4);
  sync.close();
  database.close();
});
