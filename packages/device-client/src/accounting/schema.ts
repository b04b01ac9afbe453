import type { DatabaseSync } from 'node:sqlite';

/**
 * The accounting database, `ifaces.db`. Every program that uses a device client, in whatever language, writes to the
 * same file, so this is a contract: a change is a new version. The tables are not STRICT: SQLite before 3.37, which
 * Python 3.9 often comes with, refuses a whole file that has such a table.
 */
export const schemaVersion = 1;

export const schema = `
  CREATE TABLE request (
    id INTEGER PRIMARY KEY, time INTEGER NOT NULL, program TEXT NOT NULL, interface TEXT NOT NULL,
    class TEXT NOT NULL, method TEXT NOT NULL, host TEXT NOT NULL, sent INTEGER NOT NULL, received INTEGER NOT NULL,
    status INTEGER, duration INTEGER NOT NULL
  );
  CREATE TABLE total (
    day TEXT NOT NULL, interface TEXT NOT NULL, program TEXT NOT NULL, class TEXT NOT NULL, method TEXT NOT NULL,
    tot_rx INTEGER NOT NULL, max_rx INTEGER NOT NULL, tot_tx INTEGER NOT NULL, max_tx INTEGER NOT NULL,
    num INTEGER NOT NULL,
    PRIMARY KEY (day, interface, program, class, method)
  );
  PRAGMA user_version = ${schemaVersion};
`;

/** What the file keeps; older rows go. */
export const bounds = { requests: 10_000, days: 400, totals: 20_000 } as const;

/**
 * Deletes what is beyond the bounds. The days are counted among those in the file and not from today: a clock that
 * jumps ahead for a moment must not delete the totals of a year.
 */
export function prune(
  database: DatabaseSync,
  limits: typeof bounds | Record<keyof typeof bounds, number>,
): void {
  database.prepare('DELETE FROM request WHERE id <= (SELECT max(id) FROM request) - ?').run(limits.requests);
  database
    .prepare(
      'DELETE FROM total WHERE day < (SELECT DISTINCT day FROM total ORDER BY day DESC LIMIT 1 OFFSET ?)',
    )
    .run(limits.days - 1);
  const surplus = Number(database.prepare('SELECT count(*) AS n FROM total').get()?.n ?? 0) - limits.totals;
  if (surplus > 0) {
    database
      .prepare('DELETE FROM total WHERE rowid IN (SELECT rowid FROM total ORDER BY day, num LIMIT ?)')
      .run(surplus);
  }
}
