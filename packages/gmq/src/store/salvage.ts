import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { isKey } from '@gateway-engine/device-api';
import { inTransaction } from '@gateway-engine/host';

export interface Salvaged {
  readonly identities: number;
  readonly records: number;
  readonly deadLetters: number;
}

type Row = Record<string, SQLOutputValue>;

/**
 * Copies into an empty database what can still be read of a damaged one: the rows before the first damaged page and,
 * from the other end, those behind the last. A point that had been delivered may come back with it, which does no harm:
 * the platform keeps one for each alias and second.
 */
export function salvage(damaged: string, into: DatabaseSync): Salvaged {
  const from = new DatabaseSync(damaged, { timeout: 1000, defensive: false });
  try {
    // Makes SQLite read a file that is shorter than it should be.
    from.exec('PRAGMA writable_schema = ON');
    return inTransaction(into, () => {
      const identities = copyIdentities(from, into);
      const records = copy(from, into, 'record', identities, {
        received: isWhole,
        opens_request: isWhole,
        priority: isWhole,
        alias: isText,
        at: isWhole,
        value: isText,
      });
      const deadLetters = copy(from, into, 'dead_letter', identities, {
        received: isWhole,
        alias: isText,
        at: isWhole,
        value: isText,
        reason: isText,
        set_aside: isWhole,
      });
      into.exec(
        `UPDATE identity SET
           waiting = (SELECT count(*) FROM record WHERE record.identity = identity.id),
           bytes = (SELECT coalesce(sum(32 + octet_length(alias) + octet_length(value)), 0)
                    FROM record WHERE record.identity = identity.id)`,
      );
      return { identities: identities.size, records, deadLetters };
    });
  } finally {
    from.close();
  }
}

const counters = ['uploaded', 'merged', 'accepted', 'refused', 'dropped', 'expired'] as const;

function copyIdentities(from: DatabaseSync, into: DatabaseSync): Set<number> {
  const names = ['id', 'vendor', 'model', 'serial', 'cik', ...counters];
  const add = into.prepare(
    `INSERT OR IGNORE INTO identity (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  const copied = new Set<number>();
  for (const row of readableRows(from, 'identity')) {
    const device = [row.vendor, row.model, row.serial];
    const named = device.every(isText);
    const key = isText(row.cik) && isKey(row.cik) ? row.cik : null;
    if (!isWhole(row.id) || (!named && (key === null || device.some((part) => part !== null)))) continue;
    const counts = counters.map((name) => {
      const value = row[name];
      return isWhole(value) ? value : 0;
    });
    const { changes } = add.run(row.id, ...device.map((part) => part ?? null), key, ...counts);
    if (changes === 1) copied.add(row.id);
  }
  return copied;
}

/** Rows whose columns are what they should be, and whose identity is there. */
function copy(
  from: DatabaseSync,
  into: DatabaseSync,
  table: 'record' | 'dead_letter',
  identities: ReadonlySet<number>,
  columns: Record<string, (value: unknown) => boolean>,
): number {
  const names = Object.keys(columns);
  const add = into.prepare(
    `INSERT OR IGNORE INTO ${table} (id, identity, ${names.join(', ')}) VALUES (?, ?, ${names.map(() => '?').join(', ')})`,
  );
  let copied = 0;
  for (const row of readableRows(from, table)) {
    // Files of the first version have no priorities.
    const whole: Row = { priority: 1, ...row };
    const { id, identity } = whole;
    if (!isWhole(id) || !isWhole(identity) || !identities.has(identity)) continue;
    if (!names.every((name) => columns[name]?.(whole[name]))) continue;
    add.run(id, identity, ...names.map((name) => whole[name] ?? null));
    copied++;
  }
  return copied;
}

/** The rows that can be reached from either end of a table. Indexes are left alone: they may be damaged, too. */
function* readableRows(from: DatabaseSync, table: string): Generator<Row> {
  let last = Number.MIN_SAFE_INTEGER;
  for (const order of ['ASC', 'DESC'] as const) {
    try {
      const rows = from.prepare(`SELECT * FROM ${table} NOT INDEXED WHERE id > ? ORDER BY id ${order}`);
      for (const row of rows.iterate(last)) {
        if (order === 'ASC') last = Number(row.id);
        yield row;
      }
      return;
    } catch (error) {
      if (!isReadError(error)) throw error;
    }
  }
}

/** A failure of reading the damaged file; one of the new file, or of ours, is another thing. */
function isReadError(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
