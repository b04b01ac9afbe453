import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Marks are this part of the time to live apart, which is as exact as it is kept. */
const part = 1 / 50;
const shortestStepMs = 1000;
const longestStepMs = 10 * 60_000;

/**
 * Tells how long points have waited, without trusting the wall clock: one that starts in 1970 and is then set would make
 * all that waits look decades old. Counted is the time that the queue runs; every now and then a mark notes the newest
 * point there is.
 *
 * Invariant: a point up to a mark has waited at least since that mark. Methods that write belong into a transaction;
 * after one that failed, a mark is missing at most, and points live a little longer.
 */
export class AgeMarks {
  readonly #monotonic: () => number;
  readonly #add: StatementSync;
  readonly #keep: StatementSync;
  readonly #reached: StatementSync;
  readonly #forget: StatementSync;
  readonly #newest: StatementSync;
  /** Add to the monotonic clock for the time that the queue has run in all. */
  readonly #offset: number;
  #nextMark = Number.NEGATIVE_INFINITY;

  constructor(database: DatabaseSync, monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#add = database.prepare('INSERT INTO age_mark (elapsed, last_id) VALUES (?, ?)');
    this.#keep = database.prepare('UPDATE run_time SET elapsed = ?');
    this.#newest = database.prepare('SELECT coalesce(max(last_id), 0) AS id FROM age_mark');
    this.#reached = database.prepare('SELECT max(last_id) AS id FROM age_mark WHERE elapsed <= ?');
    // The newest of those reached stays until its points are gone.
    this.#forget = database.prepare('DELETE FROM age_mark WHERE elapsed <= ?');
    const before = Number(database.prepare('SELECT elapsed FROM run_time').get()?.elapsed ?? 0);
    this.#offset = before - monotonic();
  }

  /** Whether it is time for a mark. */
  due(): boolean {
    return this.#monotonic() >= this.#nextMark;
  }

  /** Notes that the point with this id is there. */
  mark(lastId: number, timeToLiveMs: number): void {
    const elapsed = this.#elapsed();
    if (Number(this.#newest.get()?.id) < lastId) this.#add.run(elapsed, lastId);
    this.#keep.run(elapsed);
    const step = Math.min(Math.max(timeToLiveMs * part, shortestStepMs), longestStepMs);
    this.#nextMark = this.#monotonic() + step;
  }

  /** Points up to this id have waited that long; 0: none. */
  reached(timeToLiveMs: number): number {
    return Number(this.#reached.get(this.#elapsed() - timeToLiveMs)?.id ?? 0);
  }

  /** Once all of those points are gone. */
  forget(timeToLiveMs: number): void {
    this.#forget.run(this.#elapsed() - timeToLiveMs);
  }

  #elapsed(): number {
    return Math.floor(this.#offset + this.#monotonic());
  }
}
