import { existsSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { TrafficClass, TrafficEntry, TrafficMethod, TrafficTotal } from './entry.ts';

export interface AccountedRequest extends TrafficEntry {
  /** Grows with each request of the file. */
  readonly id: number;
}

/** The accounting database cannot be read; `cause` says why. */
export class TrafficReadError extends Error {
  readonly code = 'TRAFFIC_READ';
}

/**
 * The sums over whole days (UTC, YYYY-MM-DD, both included; a bound left out is open), per interface, program, class and
 * method. Empty when nothing was accounted for yet. Throws TrafficReadError.
 */
export function trafficTotals(
  file: string,
  days: { readonly fromDay?: string | undefined; readonly toDay?: string | undefined } = {},
): TrafficTotal[] {
  return reading(file, (database) =>
    database
      .prepare(
        `SELECT interface, program, class, method, sum(tot_rx) AS tot_rx, max(max_rx) AS max_rx,
          sum(tot_tx) AS tot_tx, max(max_tx) AS max_tx, sum(num) AS num
        FROM total WHERE day >= ? AND day <= ?
        GROUP BY interface, program, class, method ORDER BY interface, program, class, method`,
      )
      .all(days.fromDay ?? '', days.toDay ?? '9999-12-31')
      .map((row) => ({
        ...whose(row),
        tot_rx: Number(row.tot_rx),
        max_rx: Number(row.max_rx),
        tot_tx: Number(row.tot_tx),
        max_tx: Number(row.max_tx),
        num: Number(row.num),
      })),
  );
}

/**
 * The requests after this id, oldest first, at most `limit`; 0 gives them from the oldest that is kept. When the file was
 * begun anew, ids begin at 1 again: a caller that keeps one sees `latestRequest` below it. Throws TrafficReadError.
 */
export function requestsSince(file: string, id: number, limit = 10_000): AccountedRequest[] {
  return reading(file, (database) =>
    database
      .prepare('SELECT * FROM request WHERE id > ? ORDER BY id LIMIT ?')
      .all(id, limit)
      .map((row) => ({
        id: Number(row.id),
        time: Number(row.time),
        ...whose(row),
        host: String(row.host),
        sent: Number(row.sent),
        received: Number(row.received),
        status: row.status === null ? undefined : Number(row.status),
        duration: Number(row.duration),
      })),
  );
}

function whose(row: Record<string, SQLOutputValue>) {
  return {
    interface: String(row.interface),
    program: String(row.program),
    class: row.class as TrafficClass,
    method: row.method as TrafficMethod,
  };
}

/** The id of the newest request; 0 when there is none. Throws TrafficReadError. */
export function latestRequest(file: string): number {
  const [id] = reading(file, (database) => [
    Number(database.prepare('SELECT coalesce(max(id), 0) AS id FROM request').get()?.id),
  ]);
  return id ?? 0;
}

function reading<T>(file: string, read: (database: DatabaseSync) => T[]): T[] {
  if (!existsSync(file)) return [];
  let database: DatabaseSync | undefined;
  try {
    const { DatabaseSync: Database } = process.getBuiltinModule('node:sqlite');
    database = new Database(file, { readOnly: true });
    database.exec('PRAGMA busy_timeout = 1000');
    // A writer may have made the file and not yet its tables.
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    return version === 0 ? [] : read(database);
  } catch (cause) {
    throw new TrafficReadError(`cannot read the accounting database ${file}`, { cause });
  } finally {
    database?.close();
  }
}
