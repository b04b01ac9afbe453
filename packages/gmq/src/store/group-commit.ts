import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@gateway-engine/host';

interface Pending {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  result?: unknown;
}

/** What happens around each transaction. */
export interface AroundCommit {
  /** Last step within it. */
  readonly before: () => void;
  readonly after: () => void;
  readonly failed: (error: unknown) => void;
}

/** Brings to the disk what was committed. */
export interface Sync {
  run(): Promise<void>;
  runNow(): void;
  /** Whether it is over sooner than something else could be begun meanwhile. */
  readonly isQuick?: boolean;
}

/** What was committed may not be on disk. It is in the queue all the same, and may or may not outlast a loss of power. */
export class NotSyncedError extends Error {
  readonly code = 'NOT_SYNCED';
}

/** However many come, nobody waits longer than this for a commit. */
const mostTurns = 8;

/**
 * Does the work of all callers of a while in one transaction, so that they share one sync. While it is on its way, the
 * next ones gather; when it is there and they are many, these are committed and theirs begins, and only then are the first
 * ones answered: the disk works while the answers are written. A disk that is quicker than that is waited for.
 *
 * Invariant: a promise from `run` is fulfilled only after its work is on disk, and rejected only when nothing of it
 * is, or with NotSyncedError.
 */
export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #around: AroundCommit;
  readonly #sync: Sync | undefined;
  #pending: Pending[] = [];
  /** Those who wait for what is pending: some of it is done for many of them at once. */
  #callers = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #syncing = false;

  /** Without `sync`, what is committed counts as being on disk. */
  constructor(database: DatabaseSync, around: AroundCommit, sync?: Sync) {
    this.#database = database;
    this.#around = around;
    this.#sync = sync;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ work, resolve: resolve as Pending['resolve'], reject });
      this.join();
    });
  }

  /** Says that work which is pending is for one caller more. */
  join(): void {
    this.#callers++;
    if (!this.#syncing) this.#scheduled ??= setImmediate(() => this.#gather(1, mostTurns));
  }

  /** Commits what is pending now, and brings it to the disk. */
  flush(): void {
    const group = this.#commit();
    if (group.length === 0) return;
    this.#syncAndSettle(group);
  }

  /**
   * Commits when a turn of the event loop has brought nobody new. Those who were answered by the last commit come back
   * while the others are read: half of them would miss this one, and the disk would be asked twice as often.
   */
  #gather(before: number, turnsLeft: number): void {
    const now = this.#callers;
    if (now > before && turnsLeft > 0) {
      this.#scheduled = setImmediate(() => this.#gather(now, turnsLeft - 1));
    } else this.#commitAndSync();
  }

  #commitAndSync(): void {
    const callers = this.#callers;
    const group = this.#commit();
    if (group.length === 0) return;
    const sync = this.#sync;
    if (!sync || sync.isQuick) {
      this.#syncAndSettle(group);
      return;
    }
    this.#syncing = true;
    const next = (failure?: NotSyncedError) => {
      this.#syncing = false;
      // On a slow machine few have come back by now: commits of ever fewer would cost more than they gain.
      if (this.#callers * 2 >= callers && !sync.isQuick) this.#commitAndSync();
      else if (this.#callers > 0) this.#scheduled = setImmediate(() => this.#gather(0, mostTurns));
      settle(group, failure);
    };
    sync.run().then(
      () => next(),
      (cause) => next(notSynced(cause)),
    );
  }

  #syncAndSettle(group: readonly Pending[]): void {
    let failure: NotSyncedError | undefined;
    try {
      this.#sync?.runNow();
    } catch (cause) {
      failure = notSynced(cause);
    }
    settle(group, failure);
  }

  /** The group that is committed, which is to be settled when it is on disk. */
  #commit(): readonly Pending[] {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const group = this.#pending;
    if (group.length === 0) return group;
    this.#pending = [];
    this.#callers = 0;
    try {
      inTransaction(this.#database, () => {
        for (const one of group) one.result = one.work();
        this.#around.before();
      });
    } catch (error) {
      this.#around.failed(error);
      for (const { reject } of group) reject(error);
      return [];
    }
    this.#around.after();
    return group;
  }
}

function settle(group: readonly Pending[], failure: NotSyncedError | undefined): void {
  for (const { resolve, reject, result } of group) {
    if (failure) reject(failure);
    else resolve(result);
  }
}

function notSynced(cause: unknown): NotSyncedError {
  return new NotSyncedError('the disk has not taken it', { cause });
}
