import type { DatabaseSync } from 'node:sqlite';
import { bootId, processStartTime } from '@gateway-engine/host';
import { isOutOfSpace } from './disk-space.ts';
import { inReservedTransaction } from './reserve.ts';

interface Holder {
  readonly boot: string;
  readonly pid: number;
  readonly started: string;
}

/** At most one living process holds a lock; one that died, even by a power cut, holds it no more. */
export class ProcessLock {
  readonly #database: DatabaseSync;
  readonly #name: string;

  constructor(database: DatabaseSync, name: string) {
    this.#database = database;
    this.#name = name;
  }

  /** Takes the lock for this process. Otherwise the process id of its holder. */
  take(): 'taken' | number {
    return inReservedTransaction(this.#database, () => {
      const holder = this.#holder();
      const own = ownProcess();
      if (holder && isAlive(holder) && holder.pid !== own.pid) return holder.pid;
      this.#database
        .prepare('INSERT OR REPLACE INTO process_lock (name, boot, pid, started) VALUES (?, ?, ?, ?)')
        .run(this.#name, own.boot, own.pid, own.started);
      return 'taken';
    });
  }

  /** The process that holds the lock; undefined when none does. */
  holder(): number | undefined {
    const holder = this.#holder();
    return holder && isAlive(holder) ? holder.pid : undefined;
  }

  release(): void {
    const sql = 'DELETE FROM process_lock WHERE name = ? AND pid = ?';
    try {
      this.#database.prepare(sql).run(this.#name, process.pid);
    } catch (error) {
      // It is this process's still, which takes it again; and it ends with the process.
      if (!isOutOfSpace(error)) throw error;
    }
  }

  #holder(): Holder | undefined {
    const row = this.#database
      .prepare('SELECT boot, pid, started FROM process_lock WHERE name = ?')
      .get(this.#name);
    return row && { boot: String(row.boot), pid: Number(row.pid), started: String(row.started) };
  }
}

function ownProcess(): Holder {
  return { boot: bootId(), pid: process.pid, started: processStartTime(process.pid) ?? '' };
}

function isAlive(holder: Holder): boolean {
  return holder.boot === bootId() && processStartTime(holder.pid) === holder.started;
}
