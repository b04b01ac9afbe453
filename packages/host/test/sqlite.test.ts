import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { DatabaseError, inTransaction, openDatabase } from '../src/index.ts';

const one = 'CREATE TABLE a (x INTEGER PRIMARY KEY) STRICT';
const two = "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT 'new'";

function rows(database: DatabaseSync): unknown[] {
  return database
    .prepare('SELECT * FROM a ORDER BY x')
    .all()
    .map((row) => ({ ...row }));
}

describe('a database file', () => {
  test('is made with its tables, kept to its owner, and durable at every commit', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'state.db');
    const database = openDatabase(path, [one]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(database.prepare('PRAGMA journal_mode').get()?.journal_mode).toBe('wal');
    expect(database.prepare('PRAGMA synchronous').get()?.synchronous).toBe(2);
    expect(database.prepare('PRAGMA foreign_keys').get()?.foreign_keys).toBe(1);
    database.close();
  });

  test('is brought up to date, each migration once, and keeps what it holds', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'state.db');
    const first = openDatabase(path, [one]);
    first.exec('INSERT INTO a VALUES (1)');
    first.close();
    for (let time = 0; time < 2; time++) {
      const database = openDatabase(path, [one, two]);
      expect(rows(database)).toEqual([{ x: 1, y: 'new' }]);
      database.close();
    }
  });

  test('of a later version is refused and left as it is', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'state.db');
    openDatabase(path, [one, two]).close();
    expect(() => openDatabase(path, [one])).toThrow(DatabaseError);
    expect(() => openDatabase(path, [one])).toThrow(/later version \(schema 2, known 1\)/);
    openDatabase(path, [one, two]).close();
  });

  test('of a later version is used as it is where that version says that this one may', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'state.db');
    const later = openDatabase(path, [one, two], 1);
    later.exec('INSERT INTO a VALUES (1, 2)');
    later.close();
    const earlier = openDatabase(path, [one]);
    earlier.exec('INSERT INTO a (x) VALUES (7)');
    earlier.close();
    const again = openDatabase(path, [one, two], 1);
    expect(rows(again)).toEqual([
      { x: 1, y: '2' },
      { x: 7, y: 'new' },
    ]);
    again.close();
    // Not any more once there is a migration that it must know.
    openDatabase(path, [one, two, 'ALTER TABLE a DROP COLUMN y'], 3).close();
    expect(() => openDatabase(path, [one, two], 1)).toThrow(/later version \(schema 3, known 2\)/);
  });

  test('is as before when a migration fails', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'state.db');
    openDatabase(path, [one]).close();
    expect(() => openDatabase(path, [one, 'CREATE TABLE b (z); nonsense'])).toThrow(DatabaseError);
    const database = openDatabase(path, [one, 'CREATE TABLE b (z)']);
    expect(rows(database)).toEqual([]);
    database.close();
  });

  test('that is no database is refused with its name and what to do', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'state.db');
    await writeFile(path, 'this is no database, however long it may be '.repeat(100));
    expect(() => openDatabase(path, [one])).toThrow(`cannot open the database ${path}; move it aside`);
  });

  test('in a directory that is not there is refused', async () => {
    await using folder = await temporaryFolder();
    expect(() => openDatabase(join(folder.path, 'none', 'state.db'), [one])).toThrow(DatabaseError);
  });
});

describe('a transaction', () => {
  test('is there whole, and gives what its work gives', () => {
    const database = openDatabase(':memory:', [one]);
    const result = inTransaction(database, () => {
      database.exec('INSERT INTO a VALUES (1)');
      database.exec('INSERT INTO a VALUES (2)');
      return 'done';
    });
    expect([result, rows(database)]).toEqual(['done', [{ x: 1 }, { x: 2 }]]);
    database.close();
  });

  test('is not there at all when its work throws', () => {
    const database = openDatabase(':memory:', [one]);
    const broken = () =>
      inTransaction(database, () => {
        database.exec('INSERT INTO a VALUES (1)');
        throw new Error('broken');
      });
    expect(broken).toThrow('broken');
    expect(rows(database)).toEqual([]);
    inTransaction(database, () => database.exec('INSERT INTO a VALUES (1)'));
    expect(rows(database)).toEqual([{ x: 1 }]);
    database.close();
  });
});
