import { renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { PendingTraffic } from './pending-traffic.ts';
import { bounds, prune, schema, schemaVersion } from './schema.ts';

/** The file was written by a later version: it is left alone. */
export class LaterSchemaError extends Error {
  readonly code = 'LATER_SCHEMA';
}

const insertRequest = `INSERT INTO request
  (time, program, interface, class, method, host, sent, received, status, duration)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const addToTotal = `INSERT INTO total
  (day, interface, program, class, method, tot_rx, max_rx, tot_tx, max_tx, num) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET
    tot_rx = tot_rx + excluded.tot_rx, max_rx = max(max_rx, excluded.max_rx),
    tot_tx = tot_tx + excluded.tot_tx, max_tx = max(max_tx, excluded.max_tx),
    num = num + excluded.num`;

/**
 * Opens the accounting database for writing and makes it if need be. One that is damaged is set aside as `.damaged`; a
 * `suspect` one is looked through first, since another process may have set the damaged file aside by now.
 */
export function openTrafficDatabase(file: string, busyMs: number, suspect: boolean): DatabaseSync {
  try {
    return open(file, busyMs, suspect);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    renameSync(file, `${file}.damaged`);
    return open(file, busyMs, false);
  }
}

/** Writes what is pending in one transaction. Throws SQLite's error when that cannot be done now. */
export function writeTraffic(database: DatabaseSync, pending: PendingTraffic): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const request = database.prepare(insertRequest);
    for (const entry of pending.requests.slice(-bounds.requests)) {
      request.run(
        entry.time,
        entry.program,
        entry.interface,
        entry.class,
        entry.method,
        entry.host,
        entry.sent,
        entry.received,
        entry.status ?? null,
        entry.duration,
      );
    }
    const total = database.prepare(addToTotal);
    for (const sum of pending.totals) {
      const { tot_rx, max_rx, tot_tx, max_tx, num } = sum;
      total.run(
        sum.day,
        sum.interface,
        sum.program,
        sum.class,
        sum.method,
        tot_rx,
        max_rx,
        tot_tx,
        max_tx,
        num,
      );
    }
    prune(database, bounds);
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

export function isDamaged(error: unknown): boolean {
  const code = resultCode(error);
  return code === sqliteCorrupt || code === sqliteNotADatabase;
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === sqliteBusy;
}

const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

function open(file: string, busyMs: number, suspect: boolean): DatabaseSync {
  // Loaded here, so that a program that keeps no accounts does not load SQLite.
  const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite');
  const database = new Database(file);
  try {
    database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA cache_size = -256;`);
    // Without fsync at each commit: a power cut may cost the last seconds of the accounts, never the file.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 250;');
    prepare(database);
    if (suspect) check(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function check(database: DatabaseSync): void {
  const [answer] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
  if (answer !== 'ok') throw Object.assign(new Error(String(answer)), { errcode: sqliteCorrupt });
}

function prepare(database: DatabaseSync): void {
  const version = () => Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version() === 0) {
    database.exec('BEGIN IMMEDIATE');
    try {
      if (version() === 0) database.exec(schema);
      database.exec('COMMIT');
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }
  if (version() > schemaVersion) {
    throw new LaterSchemaError(
      `the accounting database is of version ${version()}, known is ${schemaVersion}`,
    );
  }
}

/** `isTransaction` is not in every supported Node.js; a statement that failed may have rolled back already. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch (error) {
    if (resultCode(error) !== 1) throw error;
  }
}
