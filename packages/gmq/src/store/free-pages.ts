import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Free pages up to here stay in the file, so that a queue in steady use does not grow and shrink all the time. */
const keptPages = 1024;
const pagesAtOnce = 1024;
const keptLogBytes = 4 * 1024 * 1024;

/** The pages of the database file that rows have left: room for new rows, or to be given back to the file system. */
export class FreePages {
  readonly #database: DatabaseSync;
  readonly #free: StatementSync;
  readonly #all: StatementSync;
  readonly #pageSize: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    if (Number(database.prepare('PRAGMA auto_vacuum').get()?.auto_vacuum) === 0) {
      // Takes effect by a VACUUM only; a new database is empty, so this costs nothing.
      database.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
    }
    // The log, too, goes back to this once what is in it has been moved to the file.
    database.exec(`PRAGMA journal_size_limit = ${keptLogBytes}`);
    this.#free = database.prepare('PRAGMA freelist_count');
    this.#all = database.prepare('PRAGMA page_count');
    this.#pageSize = Number(database.prepare('PRAGMA page_size').get()?.page_size);
  }

  get bytes(): number {
    return this.#freeCount() * this.#pageSize;
  }

  /** Bytes of the file that hold something. */
  get usedBytes(): number {
    return (Number(this.#all.get()?.page_count) - this.#freeCount()) * this.#pageSize;
  }

  /** Whether most of the file is free, and more than is kept. */
  canGiveBack(): boolean {
    const free = this.#freeCount();
    return free > keptPages && free * 2 >= Number(this.#all.get()?.page_count);
  }

  /**
   * Shortens the file by some pages, within the present transaction. Only when most of it is free: rows at its end have
   * to be moved for it, and a backlog that still drains would be moved again and again.
   */
  giveBack(): void {
    if (!this.canGiveBack()) return;
    const free = this.#freeCount();
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(free - keptPages, pagesAtOnce)})`);
  }

  #freeCount(): number {
    return Number(this.#free.get()?.freelist_count);
  }
}
