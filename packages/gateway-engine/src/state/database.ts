import type { DatabaseSync } from 'node:sqlite';
import { makeDirectory, openDatabase, UsageError } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { isOutOfSpace, noSpaceLeft } from './disk-space.ts';
import { giveUpReserve, makeReserve } from './reserve.ts';

const migrations = [
  `CREATE TABLE instruction (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     text TEXT NOT NULL,
     received_at INTEGER NOT NULL,
     cleared INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE TABLE install (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     source TEXT NOT NULL,
     tarball TEXT NOT NULL,
     path TEXT,
     state TEXT NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     facts TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     changed_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX install_by_state ON install (state, id);
   CREATE TABLE app (
     name TEXT PRIMARY KEY,
     version TEXT NOT NULL,
     kind TEXT NOT NULL,
     installed_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE outbox (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     text TEXT NOT NULL
   ) STRICT;
   CREATE TABLE process_lock (
     name TEXT PRIMARY KEY,
     boot TEXT NOT NULL,
     pid INTEGER NOT NULL,
     started TEXT NOT NULL
   ) STRICT;
   CREATE TABLE usage (
     interface TEXT NOT NULL,
     consumer TEXT NOT NULL,
     method TEXT NOT NULL,
     tot_rx INTEGER NOT NULL,
     max_rx INTEGER NOT NULL,
     tot_tx INTEGER NOT NULL,
     max_tx INTEGER NOT NULL,
     num INTEGER NOT NULL,
     PRIMARY KEY (interface, consumer, method)
   ) STRICT;`,
  `ALTER TABLE app ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';`,
  `CREATE TABLE trust_pin (
     product TEXT PRIMARY KEY,
     sha256 TEXT NOT NULL,
     root BLOB NOT NULL,
     floor TEXT,
     proven_time INTEGER NOT NULL DEFAULT 0
   ) STRICT;`,
  `CREATE TABLE removed_app (
     name TEXT PRIMARY KEY,
     version TEXT NOT NULL,
     release INTEGER NOT NULL
   ) STRICT;`,
];

/**
 * How many of the migrations an engine must know to use the file: an update of the engine can be taken back only to a
 * version that knows so many. A migration that only adds what earlier versions pass over leaves it as it is.
 */
const leastReader = 3;

/** Opens `var/gwe.db`: installs and their journal, versions, what the platform has not been told yet. */
export async function openEngineDatabase(layout: HomeLayout): Promise<DatabaseSync> {
  await makeDirectory(layout.state, 0o700);
  const database = openOnFullDisk(layout);
  // The log beside the database keeps its size, so that on a full disk small changes still find room in it.
  database.exec(`PRAGMA wal_autocheckpoint = ${logPages}`);
  makeReserve(layout.reserve);
  return database;
}

const logPages = 64;
const leastBytes = 1024 * 1024;

function openOnFullDisk(layout: HomeLayout): DatabaseSync {
  try {
    return openDatabase(layout.database, migrations, leastReader);
  } catch (cause) {
    if (!isOutOfSpace(cause)) throw cause;
    if (giveUpReserve(layout.reserve)) return openDatabase(layout.database, migrations, leastReader);
    throw new UsageError(noSpaceLeft(layout.state, leastBytes), { cause });
  }
}
