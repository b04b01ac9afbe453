import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Bytes of a dead letter. */
const letterBytes = '32 + octet_length(alias) + octet_length(value) + octet_length(reason)';

/** The points that the platform refused for good, with the reason: the newest of them, as many as the bound has room for. */
export class DeadLetters {
  readonly #add: StatementSync;
  readonly #measure: StatementSync;
  readonly #oldest: StatementSync;
  readonly #removeUpTo: StatementSync;
  readonly #bound: () => number;
  /** Undefined: not known (any more). */
  #bytes: number | undefined;

  constructor(database: DatabaseSync, bound: () => number) {
    this.#bound = bound;
    this.#add = database.prepare(
      `INSERT INTO dead_letter (identity, received, alias, at, value, reason, set_aside)
       SELECT identity, received, alias, at, value, ?, ? FROM record
       WHERE +identity = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id
       RETURNING ${letterBytes} AS bytes`,
    );
    this.#measure = database.prepare(`SELECT coalesce(sum(${letterBytes}), 0) AS bytes FROM dead_letter`);
    this.#oldest = database.prepare(
      `SELECT id, ${letterBytes} AS bytes FROM dead_letter ORDER BY id LIMIT 64`,
    );
    this.#removeUpTo = database.prepare('DELETE FROM dead_letter WHERE id <= ?');
  }

  /** Copies points out of the queue; `ids` is a JSON list. Within a transaction. */
  add(identity: number, ids: string, reason: string, now: number): void {
    let { bytes } = this;
    for (const row of this.#add.all(reason, now, identity, ids)) bytes += Number(row.bytes);
    while (bytes > this.#bound()) {
      let last: number | undefined;
      for (const row of this.#oldest.all()) {
        if (bytes <= this.#bound()) break;
        bytes -= Number(row.bytes);
        last = Number(row.id);
      }
      if (last === undefined) break;
      this.#removeUpTo.run(last);
    }
    this.#bytes = bytes;
  }

  get bytes(): number {
    this.#bytes ??= Number(this.#measure.get()?.bytes);
    return this.#bytes;
  }

  /** After a transaction that failed. */
  discard(): void {
    this.#bytes = undefined;
  }
}
