import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@gateway-engine/host';
import { freeBytes, isOutOfSpace } from './disk-space.ts';

const reserveBytes = 1024 * 1024;
/** With less than this there is no room for a reserve. */
const roomBytes = 8 * 1024 * 1024;

/**
 * Space that is kept occupied, so that on a disk that something has filled there is room to write down what to do about
 * it. It is given up for that, and made again once there is room.
 */
export function makeReserve(file: string): void {
  if (hasReserve(file) || freeBytes(dirname(file)) < roomBytes) return;
  const output = openSync(file, 'w', 0o600);
  try {
    // No zeros: a file system that compresses would keep nothing for them.
    writeSync(output, randomBytes(reserveBytes));
    fsyncSync(output);
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    rmSync(file, { force: true });
  } finally {
    closeSync(output);
  }
}

export function hasReserve(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** False when there was none to give up. */
export function giveUpReserve(file: string): boolean {
  if (!hasReserve(file)) return false;
  rmSync(file, { force: true });
  return true;
}

/** A transaction that gets the reserve beside its database when the disk is full. */
export function inReservedTransaction<T>(database: DatabaseSync, work: () => T): T {
  try {
    return inTransaction(database, work);
  } catch (error) {
    const location = database.location();
    if (!isOutOfSpace(error) || location === null) throw error;
    if (!giveUpReserve(join(dirname(location), 'reserve'))) throw error;
    return inTransaction(database, work);
  }
}
