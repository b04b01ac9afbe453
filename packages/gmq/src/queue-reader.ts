import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { UsageError } from '@gateway-engine/host';

/**
 * Opens the database of a queue, whether gmq runs or not, in one transaction: all that is read belongs together while
 * the queue works on. Throws UsageError.
 */
export function openToRead(file: string): DatabaseSync {
  if (!existsSync(file)) {
    throw new UsageError(`there is no queue in ${file}: gmq has not run yet with this configuration`);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    database.exec('BEGIN');
    return database;
  } catch (cause) {
    database?.close();
    throw new UsageError(`cannot read the queue in ${file}`, { cause });
  }
}

/** Throws UsageError. */
export function readQueue<T>(file: string, reading: (database: DatabaseSync) => T): T {
  const database = openToRead(file);
  try {
    return reading(database);
  } catch (cause) {
    throw new UsageError(`cannot read the queue in ${file}`, { cause });
  } finally {
    database.close();
  }
}
