import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Priority } from '../settings/priorities.ts';
import { inOrder } from './in-order.ts';
import { rowBytes } from './statements.ts';

/** A point that may have to go. */
export interface Victim {
  readonly id: number;
  readonly identity: number;
  readonly bytes: number;
}

const rowsAtOnce = 32;

/** Finds which points go first when the queue is full: the lowest priority, and of that the oldest. */
export class Victims {
  readonly #oldest: StatementSync;

  constructor(database: DatabaseSync) {
    this.#oldest = database.prepare(
      `SELECT id, ${rowBytes} AS bytes FROM record
       WHERE identity = ? AND priority = ? AND id > ? ORDER BY id LIMIT ${rowsAtOnce}`,
    );
  }

  /**
   * Points of these identities that together have so many bytes, none above the priority; undefined when there are not
   * as many. Those of `spared` are left out, since they go already.
   */
  find(
    identities: Iterable<number>,
    highest: Priority,
    bytes: number,
    spared: ReadonlySet<number>,
  ): Victim[] | undefined {
    const found: Victim[] = [];
    let missing = bytes;
    const all = [...identities];
    for (let priority = 0; priority <= highest; priority++) {
      const sources = all.map((identity) => this.#ofIdentity(identity, priority));
      for (const victim of inOrder(sources, ({ id }) => id)) {
        if (missing <= 0) break;
        if (spared.has(victim.id)) continue;
        found.push(victim);
        missing -= victim.bytes;
      }
    }
    return missing <= 0 ? found : undefined;
  }

  *#ofIdentity(identity: number, priority: number): Generator<Victim> {
    let last = 0;
    for (;;) {
      const rows = this.#oldest.all(identity, priority, last);
      for (const row of rows) {
        last = Number(row.id);
        yield { id: last, identity, bytes: Number(row.bytes) };
      }
      if (rows.length < rowsAtOnce) return;
    }
  }
}
