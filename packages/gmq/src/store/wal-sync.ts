import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/**
 * Brings what was committed to the disk while the event loop goes on: the next group is read and stored meanwhile. With
 * `synchronous = FULL` SQLite would do the same at each commit, and hold up the loop.
 *
 * With NORMAL, SQLite itself syncs the log before it moves pages from there to the database, and the database before it
 * begins the log anew, so that the file is sound at any time; what is not synced yet are the last commits. A log has no
 * locks, so that a descriptor of our own does no harm; it stays the same file as long as the database is open.
 */
export class WalSync {
  readonly #database: DatabaseSync;
  readonly #log: number;
  readonly #sync: (descriptor: number) => Promise<void>;
  /** The log on disk may have a gap, behind which nothing would be found again. */
  #gap = false;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(database: DatabaseSync, file: string, sync = dataSync) {
    this.#database = database;
    this.#sync = sync;
    this.#log = openSync(`${file}-wal`, 'r');
    database.exec('PRAGMA synchronous = NORMAL');
  }

  /** Fulfilled when all that was committed before is on disk. To be called when the one before is settled. */
  run(): Promise<void> {
    const log = this.#gap ? Promise.reject(new Error('an earlier sync has failed')) : this.#sync(this.#log);
    this.#running = log.catch((cause: unknown) => this.#moveToDatabase(cause));
    return this.#running;
  }

  /** The same, at once. */
  runNow(): void {
    let cause: unknown;
    if (!this.#gap) {
      try {
        fdatasyncSync(this.#log);
        return;
      } catch (error) {
        cause = error;
      }
    }
    this.#moveToDatabase(cause);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#running.catch(() => undefined).finally(() => closeSync(this.#log));
  }

  /**
   * What a failed sync has not brought to the disk is taken for clean by the kernel: a second sync would succeed and
   * leave the gap. The pages are in memory, and go into the database instead.
   */
  #moveToDatabase(cause: unknown): void {
    this.#gap = true;
    const result = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    if (Number(result?.busy) !== 0) throw new Error('the log cannot be brought to the disk', { cause });
    this.#gap = false;
  }
}

function dataSync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error ? reject(error) : resolve()));
  });
}
