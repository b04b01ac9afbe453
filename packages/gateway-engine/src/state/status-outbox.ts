import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@gateway-engine/host';

const longestEntry = 48 * 1024;
const longestTotal = 96 * 1024;

/**
 * Texts for `fetch_status` that the platform has not taken yet. On disk, so that neither a crash nor a dead network
 * swallows an outcome; the oldest give way when they become too many.
 */
export class StatusOutbox {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(text: string): void {
    inTransaction(this.#database, () => this.addWithin(text));
  }

  /** As `add`, within a transaction of the same database that is open already. */
  addWithin(text: string): void {
    const entry = text.length > longestEntry ? `${text.slice(0, longestEntry)}\n[cut]` : text;
    this.#database.prepare('INSERT INTO outbox (text) VALUES (?)').run(entry);
    this.#database.exec(`DELETE FROM outbox WHERE id IN (
      SELECT id FROM (SELECT id, sum(length(text)) OVER (ORDER BY id DESC) AS total FROM outbox)
      WHERE total > ${longestTotal})`);
  }

  /** Everything that waits, one after another, and what to remove once it has arrived. */
  pending(): { readonly text: string; readonly upTo: number } | undefined {
    const rows = this.#database.prepare('SELECT id, text FROM outbox ORDER BY id').all();
    const last = rows.at(-1);
    if (!last) return undefined;
    return { text: rows.map((row) => String(row.text)).join('\n\n'), upTo: Number(last.id) };
  }

  delivered(upTo: number): void {
    this.#database.prepare('DELETE FROM outbox WHERE id <= ?').run(upTo);
  }
}
