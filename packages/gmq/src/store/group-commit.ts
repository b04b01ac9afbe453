import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@gateway-engine/host';

interface Pending {
  readonly work: () => unknown;
  readonly settle: (outcome: { ok: true } | { ok: false; error: unknown }) => void;
}

/** What happens around each transaction. */
export interface AroundCommit {
  /** Last step within it. */
  readonly before: () => void;
  readonly after: () => void;
  readonly failed: (error: unknown) => void;
}

/** However many come, nobody waits longer than this for a commit. */
const mostTurns = 8;

/**
 * Does the work of all callers of a few turns of the event loop in one transaction, so that they share one fsync.
 *
 * Invariant: a promise from `run` is fulfilled only after its work is on disk, and rejected only when nothing of it
 * is. While the commit blocks the loop, the next requests gather in the sockets and form the next group.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #around: AroundCommit;
  #pending: Pending[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  constructor(database: DatabaseSync, around: AroundCommit) {
    this.#database = database;
    this.#around = around;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      this.#pending.push({
        work: () => {
          result = work();
        },
        settle: (outcome) => (outcome.ok ? resolve(result) : reject(outcome.error)),
      });
      this.#scheduled ??= setImmediate(() => this.#gather(1, mostTurns));
    });
  }

  /**
   * Commits when a turn of the event loop has brought nobody new. Those who were answered by the last commit come back
   * while the others are read: half of them would miss this one, and the disk would be asked twice as often.
   */
  #gather(before: number, turnsLeft: number): void {
    const now = this.#pending.length;
    if (now > before && turnsLeft > 0) {
      this.#scheduled = setImmediate(() => this.#gather(now, turnsLeft - 1));
    } else this.flush();
  }

  /** Commits what is pending now. */
  flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const group = this.#pending;
    this.#pending = [];
    if (group.length === 0) return;
    try {
      inTransaction(this.#database, () => {
        for (const { work } of group) work();
        this.#around.before();
      });
    } catch (error) {
      this.#around.failed(error);
      for (const { settle } of group) settle({ ok: false, error });
      return;
    }
    this.#around.after();
    for (const { settle } of group) settle({ ok: true });
  }
}
