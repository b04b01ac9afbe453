import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describeError, type Logger, openDatabase } from '@gateway-engine/host';
import { salvage } from './salvage.ts';
import { leastReader, migrations } from './schema.ts';
import { rowBytes } from './statements.ts';

/** Files up to here are read through at the start; a corruption in a larger one shows when its place is read. */
const checkedBytes = 16 * 1024 * 1024;
/** Corrupted files that are kept to be looked at, so that a failing disk is not filled by them. */
const keptFiles = 3;

/** Opens the queue's database. One that is corrupted is set aside, and a new one made with what can be read of it. */
export function openQueueFile(file: string, logger: Logger): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase(file, migrations, leastReader);
    if (statSync(file).size <= checkedBytes) checkThrough(database);
    return database;
  } catch (error) {
    database?.close();
    if (!isCorruption(error)) throw error;
    return replaceQueueFile(file, logger);
  }
}

/** Sets the file aside under a dated name and opens a new one. The file may not be open. Throws DatabaseError. */
export function replaceQueueFile(file: string, logger: Logger): DatabaseSync {
  const aside = setAsideName(file);
  moveFile(file, aside);
  const database = openNew(file, aside);
  let outcome: string;
  try {
    const { identities, records, deadLetters } = salvage(aside, database);
    outcome = `${records} records of ${identities} identities and ${deadLetters} dead letters could be read and go on`;
  } catch (error) {
    outcome = `nothing of it could be taken over: ${describeError(error)}`;
  }
  logger.error(
    `the database ${file} is corrupted and set aside as ${aside}; a new one is in use, ${outcome}; look at the disk`,
  );
  for (const old of filesSetAside(file).slice(0, -keptFiles)) {
    removeFile(join(dirname(file), old));
  }
  return database;
}

/** When it cannot be made, the damaged one is put back, so that the next attempt finds it where it was. */
function openNew(file: string, aside: string): DatabaseSync {
  try {
    return openDatabase(file, migrations, leastReader);
  } catch (error) {
    removeFile(file);
    moveFile(aside, file);
    throw error;
  }
}

/** Names of the files that were set aside, oldest first. */
export function filesSetAside(file: string): string[] {
  const start = `${basename(file)}.corrupt-`;
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(start) && !/-(wal|shm)$/.test(name))
    .sort();
}

/** Whether an error says that the file is no database, or is damaged inside (SQLITE_CORRUPT, SQLITE_NOTADB). */
export function isCorruption(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    const primary = 'errcode' in current && typeof current.errcode === 'number' ? current.errcode & 0xff : 0;
    if (primary === 11 || primary === 26) return true;
  }
  return false;
}

/** By the wall clock, which may be wrong or repeat itself: a name that is taken gets a number. */
function setAsideName(file: string): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  for (let number = 1; ; number++) {
    const name = `${file}.corrupt-${time}${number > 1 ? `-${number}` : ''}`;
    if (!existsSync(name)) return name;
  }
}

/** With its log. The third file, which is shared memory, is made anew. */
function moveFile(from: string, to: string): void {
  for (const end of ['', '-wal']) if (existsSync(from + end)) renameSync(from + end, to + end);
  rmSync(`${from}-shm`, { force: true });
}

function removeFile(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
}

/** Structure, and whether the figures of the identities are those of their rows: a change of a few bytes shows there. */
function checkThrough(database: DatabaseSync): void {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (found !== 'ok') throw damaged(String(found));
  const wrong = database
    .prepare(
      `WITH counted AS (
         SELECT identity AS id, count(*) AS points, sum(${rowBytes}) AS bytes FROM record NOT INDEXED GROUP BY identity
       )
       SELECT id FROM identity FULL JOIN counted USING (id)
       WHERE identity.waiting IS NOT coalesce(counted.points, 0) OR identity.bytes IS NOT coalesce(counted.bytes, 0)
       LIMIT 1`,
    )
    .get();
  if (wrong) throw damaged(`the points of identity ${wrong.id} are not those that it should have`);
}

function damaged(what: string): Error {
  return Object.assign(new Error(`the database is damaged: ${what}`), { errcode: 11 });
}
