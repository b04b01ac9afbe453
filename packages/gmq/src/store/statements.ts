import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Bytes of a point as the queue counts them: its text, and what row and index take for the rest. */
export function bytesOf({ alias, value }: { readonly alias: string; readonly value: string }): number {
  return 32 + Buffer.byteLength(alias) + Buffer.byteLength(value);
}

/** The same, of a row. The schema's migrations and `salvage` have it, too. */
export const rowBytes = '32 + octet_length(alias) + octet_length(value)';

/** Rows that the statement for several adds. */
export const rowsAtOnce = 16;

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  const waiting = () =>
    sql(
      `SELECT id, opens_request, alias, at, value FROM record
       WHERE identity = ? AND priority = ? AND id <= ? ORDER BY id`,
    );
  const addRecords = (rows: number) =>
    sql(
      `INSERT INTO record (id, identity, received, opens_request, priority, alias, at, value)
       VALUES ${Array(rows).fill('(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
    );
  return {
    findDevice: sql('SELECT id FROM identity WHERE vendor = ? AND model = ? AND serial = ?'),
    findKey: sql('SELECT id FROM identity WHERE cik = ? AND vendor IS NULL'),
    addDevice: sql('INSERT INTO identity (id, vendor, model, serial) VALUES (?, ?, ?, ?)'),
    addKey: sql('INSERT INTO identity (id, cik) VALUES (?, ?)'),
    lastIdentity: sql('SELECT coalesce(max(id), 0) AS id FROM identity'),
    identity: sql('SELECT vendor, model, serial, cik, problem FROM identity WHERE id = ?'),
    setKey: sql('UPDATE identity SET cik = ? WHERE id = ?'),
    setProblem: sql('UPDATE identity SET problem = ? WHERE id = ?'),
    addRecord: addRecords(1),
    addRecords: addRecords(rowsAtOnce),
    lastId: sql('SELECT coalesce(max(id), 0) AS id FROM record'),
    /** One for each priority, since they are read at the same time. */
    waiting: [waiting(), waiting(), waiting()] as const,
    lastWaiting: sql('SELECT identity, max(id) AS last_id FROM record GROUP BY identity'),
    // Without the sign SQLite would go through all rows of the identity.
    measure: sql(
      `SELECT count(*) AS points, coalesce(sum(${rowBytes}), 0) AS bytes FROM record
       WHERE +identity = ? AND id IN (SELECT value FROM json_each(?))`,
    ),
    remove: sql('DELETE FROM record WHERE +identity = ? AND id IN (SELECT value FROM json_each(?))'),
    expired: sql(`SELECT id, identity, ${rowBytes} AS bytes FROM record WHERE id <= ? ORDER BY id LIMIT ?`),
    takeBack: sql(`DELETE FROM record WHERE id > ? AND id <= ? RETURNING identity, ${rowBytes} AS bytes`),
    stamps: sql('SELECT second FROM stamp ORDER BY place'),
    keepStamps: sql('INSERT OR REPLACE INTO stamp (place, second) SELECT key, value FROM json_each(?)'),
    forgetStamps: sql('DELETE FROM stamp WHERE place >= ?'),
    removeUpTo: sql('DELETE FROM record WHERE id <= ?'),
  };
}
