import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** What a change does to the figures of one identity. */
export interface Change {
  /** Points and bytes that wait. */
  readonly waiting?: number;
  readonly bytes?: number;
  /** Points so far. Each that was accepted is waiting, or one of the others. */
  readonly accepted?: number;
  readonly uploaded?: number;
  readonly merged?: number;
  readonly refused?: number;
  readonly dropped?: number;
  readonly expired?: number;
}

type Figures = { -readonly [Name in keyof Change]-?: number };

const names = [
  'waiting',
  'bytes',
  'accepted',
  'uploaded',
  'merged',
  'refused',
  'dropped',
  'expired',
] as const satisfies readonly (keyof Change)[];

/**
 * What waits for each identity, kept along with the rows and in memory, so that a bound is checked without counting.
 *
 * Invariant: outside of a transaction, memory and the table `identity` agree, and `waiting` and `bytes` are those of
 * the rows. Within one, `change` moves memory on; `save` brings the table along, once for each identity, and `discard`
 * takes memory back.
 */
export class Ledger {
  readonly #save: StatementSync;
  readonly #totals = new Map<number, { waiting: number; bytes: number }>();
  readonly #changed = new Map<number, Figures>();
  #bytes = 0;
  #waiting = 0;

  constructor(database: DatabaseSync) {
    const set = names.map((name) => `${name} = ${name} + ?`).join(', ');
    this.#save = database.prepare(`UPDATE identity SET ${set} WHERE id = ?`);
    for (const row of database.prepare('SELECT id, waiting, bytes FROM identity WHERE waiting > 0').all()) {
      this.#move(Number(row.id), Number(row.waiting), Number(row.bytes));
    }
  }

  /** Bytes of all that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Points of all that waits. */
  get waiting(): number {
    return this.#waiting;
  }

  of(identity: number): { readonly waiting: number; readonly bytes: number } {
    return this.#totals.get(identity) ?? { waiting: 0, bytes: 0 };
  }

  /** The identities that have points waiting. */
  identities(): Iterable<number> {
    return this.#totals.keys();
  }

  change(identity: number, change: Change): void {
    let figures = this.#changed.get(identity);
    if (!figures) {
      figures = {
        waiting: 0,
        bytes: 0,
        accepted: 0,
        uploaded: 0,
        merged: 0,
        refused: 0,
        dropped: 0,
        expired: 0,
      };
      this.#changed.set(identity, figures);
    }
    for (const name of names) figures[name] += change[name] ?? 0;
    this.#move(identity, change.waiting ?? 0, change.bytes ?? 0);
  }

  /** Within the transaction, as its last step. */
  save(): void {
    for (const [identity, figures] of this.#changed) {
      this.#save.run(...names.map((name) => figures[name]), identity);
    }
  }

  /** After the commit. */
  settle(): ReadonlyMap<number, Readonly<Figures>> {
    const settled = new Map(this.#changed);
    this.#changed.clear();
    return settled;
  }

  /** After a transaction that failed. */
  discard(): void {
    for (const [identity, { waiting, bytes }] of this.#changed) this.#move(identity, -waiting, -bytes);
    this.#changed.clear();
  }

  #move(identity: number, waiting: number, bytes: number): void {
    let total = this.#totals.get(identity);
    if (!total) {
      total = { waiting: 0, bytes: 0 };
      this.#totals.set(identity, total);
    }
    total.waiting += waiting;
    total.bytes += bytes;
    if (total.waiting === 0 && total.bytes === 0) this.#totals.delete(identity);
    this.#bytes += bytes;
    this.#waiting += waiting;
  }
}
