import type { DatabaseSync } from 'node:sqlite';
import { isOutOfSpace } from './disk-space.ts';
import { inReservedTransaction } from './reserve.ts';

const longestEntry = 48 * 1024;
const longestTotal = 96 * 1024;
const mostUnwritten = 2;

/** What waits, and what is behind it, for `delivered`. */
export interface PendingStatus {
  readonly text: string;
  readonly upTo: number;
  readonly unwritten: readonly string[];
}

/**
 * Texts for `fetch_status` that the platform has not taken yet. On disk, so that neither a crash nor a dead network
 * swallows an outcome; the oldest give way when they become too many.
 */
export class StatusOutbox {
  readonly #database: DatabaseSync;
  /** What a full disk did not take. */
  #unwritten: string[] = [];
  /** Delivered, though a full disk may have them still. */
  #deliveredUpTo = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add(text: string): void {
    try {
      inReservedTransaction(this.#database, () => this.addWithin(text));
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      if (!this.#unwritten.includes(text)) this.#unwritten.push(text.slice(0, longestEntry));
      this.#unwritten = this.#unwritten.slice(-mostUnwritten);
    }
  }

  /** As `add`, within a transaction of the same database that is open already. */
  addWithin(text: string): void {
    const entry = text.length > longestEntry ? `${text.slice(0, longestEntry)}\n[cut]` : text;
    this.#database.prepare('INSERT INTO outbox (text) VALUES (?)').run(entry);
    this.#database.exec(`DELETE FROM outbox WHERE id IN (
      SELECT id FROM (SELECT id, sum(length(text)) OVER (ORDER BY id DESC) AS total FROM outbox)
      WHERE total > ${longestTotal})`);
  }

  /** How many texts wait. */
  get waiting(): number {
    const sql = 'SELECT count(*) AS number FROM outbox WHERE id > ?';
    const row = this.#database.prepare(sql).get(this.#deliveredUpTo);
    return Number(row?.number) + this.#unwritten.length;
  }

  /** Everything that waits, one after another, and what to remove once it has arrived. */
  pending(): PendingStatus | undefined {
    const sql = 'SELECT id, text FROM outbox WHERE id > ? ORDER BY id';
    const rows = this.#database.prepare(sql).all(this.#deliveredUpTo);
    const unwritten = this.#unwritten;
    const texts = [...rows.map((row) => String(row.text)), ...unwritten];
    if (texts.length === 0) return undefined;
    return { text: texts.join('\n\n'), upTo: Number(rows.at(-1)?.id ?? this.#deliveredUpTo), unwritten };
  }

  delivered({ upTo, unwritten }: PendingStatus): void {
    this.#unwritten = this.#unwritten.filter((text) => !unwritten.includes(text));
    this.#deliveredUpTo = Math.max(this.#deliveredUpTo, upTo);
    try {
      inReservedTransaction(this.#database, () =>
        this.#database.prepare('DELETE FROM outbox WHERE id <= ?').run(upTo),
      );
    } catch (error) {
      // It stays on disk, and is told again only by another process.
      if (!isOutOfSpace(error)) throw error;
    }
  }
}
