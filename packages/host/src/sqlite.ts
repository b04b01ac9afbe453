import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** A database file cannot be used: what, where and what to do about it. */
export class DatabaseError extends Error {
  readonly code = 'DATABASE';
}

/**
 * Opens a SQLite file for state that was promised to somebody: write-ahead log, fsync at every commit.
 *
 * `migrations` are SQL scripts, run once each in order; the file's `user_version` counts those that ran. The file is
 * 0600, since it may hold keys.
 *
 * `leastReader`: how many of the migrations a program must know to use the file, all unless given. Migrations beyond it
 * only add what those programs pass over, so that an update may be taken back; the file keeps it as `application_id`.
 *
 * Throws DatabaseError when the file is no database, or of a later version that this program cannot use.
 */
export function openDatabase(
  path: string,
  migrations: readonly string[],
  leastReader = migrations.length,
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 10_000 });
    if (path !== ':memory:') chmodSync(path, 0o600);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    migrate(database, path, migrations, leastReader);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof DatabaseError) throw cause;
    throw new DatabaseError(`cannot open the database ${path}; move it aside to start with a new one`, {
      cause,
    });
  }
}

/** Runs `work` in one transaction: all of it is on disk when this returns, or nothing of it when it throws. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A failed COMMIT (full disk) may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function migrate(
  database: DatabaseSync,
  path: string,
  migrations: readonly string[],
  leastReader: number,
): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > migrations.length) {
    const least = Number(database.prepare('PRAGMA application_id').get()?.application_id ?? 0) || version;
    if (least <= migrations.length) return;
    throw new DatabaseError(
      `${path} was written by a later version (schema ${version}, known ${migrations.length}); install that version again`,
    );
  }
  if (version < migrations.length) database.exec(`PRAGMA application_id = ${leastReader}`);
  migrations.slice(version).forEach((script, index) => {
    inTransaction(database, () => {
      database.exec(script);
      database.exec(`PRAGMA user_version = ${version + index + 1}`);
    });
  });
}
