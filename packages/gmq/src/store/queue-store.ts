import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Clock, describeError, type Logger, silentLogger, systemClock } from '@gateway-engine/host';
import type { Priority } from '../settings/priorities.ts';
import { Admission, type MeasuredEntry } from './admission.ts';
import { Arrivals } from './arrivals.ts';
import { type Bounds, unbounded } from './bounds.ts';
import { isCorruption, openQueueFile, replaceQueueFile } from './database-file.ts';
import { type DiskSpace, diskSpaceOf } from './disk-floor.ts';
import type { Sync } from './group-commit.ts';
import type { Caller, Identity } from './identity.ts';
import { inOrder } from './in-order.ts';
import { LossLog } from './loss-log.ts';
import { lockQueue } from './owner-lock.ts';
import type { Accepted, Entry, Point, WaitingPoint } from './points.ts';
import { RateMeter, type Rates } from './rates.ts';
import { Tables, type TablesOptions } from './tables.ts';

export interface StoreOptions {
  readonly clock?: Pick<Clock, 'monotonic'>;
  readonly logger?: Logger;
  /** Measures the file system of the database; without it the queue may fill it. */
  readonly disk?: () => DiskSpace;
  readonly bounds?: () => Bounds;
  readonly priorityOf?: (alias: string) => Priority;
  /** Makes a new database in place of one that is corrupted, with what could be read of that. */
  readonly replace?: () => DatabaseSync;
  /** Called after that. */
  readonly onReplaced?: () => void;
  /** Brings commits to the disk, in place of a sync of the database's log. */
  readonly sync?: Sync;
  /** Told how long the disk took for each group of commits, milliseconds. */
  readonly onSync?: (tookMs: number) => void;
  /** Called when the store is closed. */
  readonly onClosed?: () => void;
}

/**
 * The queue on disk. Every promise here is fulfilled after the commit and its fsync; when one is rejected (full disk,
 * failing disk), nothing of that call is stored and the queue is as it was.
 */
export class QueueStore {
  readonly #options: StoreOptions;
  readonly #tablesOptions: TablesOptions;
  readonly #bounds: () => Bounds;
  readonly #rates: RateMeter;
  readonly #losses: LossLog;
  readonly #logger: Logger;
  readonly #admission: Admission;
  #tables: Tables;
  #arrivals: Arrivals;
  #closed = false;

  constructor(database: DatabaseSync, options: StoreOptions = {}) {
    const { clock = systemClock, logger = silentLogger, bounds = () => unbounded } = options;
    this.#options = options;
    this.#bounds = bounds;
    this.#rates = new RateMeter(() => clock.monotonic());
    this.#logger = logger;
    this.#losses = new LossLog(clock, logger);
    this.#tablesOptions = {
      disk: options.disk,
      clock,
      bounds,
      sync: options.sync,
      onSync: options.onSync,
      around: {
        after: (changes) => {
          for (const [identity, { accepted, uploaded, dropped, expired }] of changes) {
            this.#rates.count(identity, { accepted, uploaded });
            this.#losses.count({ dropped, expired });
          }
        },
        failed: (error) => this.#replaceIfCorrupted(error),
      },
    };
    this.#tables = new Tables(database, this.#tablesOptions);
    this.#admission = new Admission(this.#tables, bounds, options.priorityOf ?? (() => 1));
    this.#arrivals = new Arrivals(this.#tables, this.#admission);
  }

  /** Throws UsageError when another process works on it, and DatabaseError. */
  static open(file: string, clock: Pick<Clock, 'monotonic'>, options: StoreOptions = {}): QueueStore {
    const folder = dirname(file);
    mkdirSync(folder, { recursive: true });
    const logger = options.logger ?? silentLogger;
    const lock = lockQueue(file);
    try {
      return new QueueStore(openQueueFile(file, logger), {
        ...options,
        clock,
        disk: () => diskSpaceOf(folder),
        replace: () => replaceQueueFile(file, logger),
        onClosed: () => lock.release(),
      });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Stores the points of one request, in their order. */
  async accept(caller: Caller, points: readonly Point[], received: number): Promise<Accepted> {
    const [accepted] = await this.acceptMany([{ caller, points }], received);
    if (!accepted) throw new Error('a request without points cannot be stored');
    return accepted;
  }

  /**
   * Stores several requests in one commit: all of them, or none. Answers for each identity once, with its last point;
   * entries without points have no answer. Rejects with QueueFullError or DiskFloorError when there is no room.
   */
  acceptMany(entries: readonly Entry[], received: number): Promise<Accepted[]> {
    const measured: MeasuredEntry[] = [];
    for (const entry of entries) if (entry.points.length > 0) measured.push(this.#admission.measure(entry));
    if (measured.length === 0) return Promise.resolve([]);
    const diskShort = this.#admission.diskShort(measured);
    return this.#arrivals.store({ measured, diskShort, received });
  }

  /** What is known of the seconds that were given to writes. */
  stamps(): number[] {
    return this.#tables.statements.stamps.all().map(({ second }) => Number(second));
  }

  /** Notes it, in the commit of what is accepted in the same turn. */
  keepStamps(seconds: readonly number[]): Promise<void> {
    return this.#tables.commits.run(() => {
      this.#tables.statements.keepStamps.run(JSON.stringify(seconds));
      this.#tables.statements.forgetStamps.run(seconds.length);
    });
  }

  /** The identity of a caller, added when it is new. Rejects with QueueFullError when there are too many. */
  async enrol(caller: Caller): Promise<Identity> {
    const identity = await this.#tables.commits.run(() => {
      const id = this.#admission.findOrAdd(caller);
      return id instanceof Error ? id : this.identity(id);
    });
    if (identity instanceof Error) throw identity;
    if (!identity) throw new Error('an identity that was just added is gone');
    return identity;
  }

  /**
   * The points of an identity up to an id, of a priority and those above it, oldest first. Read no further than needed:
   * values may be large.
   */
  *waiting(identity: number, upTo: number, leastPriority: Priority = 0): Generator<WaitingPoint> {
    try {
      const statements = this.#tables.statements.waiting.slice(leastPriority);
      const sources = statements.map((statement, index) =>
        statement.iterate(identity, leastPriority + index, upTo),
      );
      for (const row of inOrder(sources, (row) => Number(row.id))) {
        yield {
          id: Number(row.id),
          opensRequest: row.opens_request === 1,
          alias: String(row.alias),
          at: Number(row.at),
          value: String(row.value),
        };
      }
    } catch (error) {
      this.#replaceIfCorrupted(error);
      throw error;
    }
  }

  /** For each identity with points waiting, the id of its last one. */
  lastWaiting(): Accepted[] {
    return this.#read(({ statements }) =>
      statements.lastWaiting
        .all()
        .map((row) => ({ identity: Number(row.identity), lastId: Number(row.last_id) })),
    );
  }

  identity(id: number): Identity | undefined {
    const row = this.#read(({ statements }) => statements.identity.get(id));
    if (!row) return undefined;
    const device =
      row.serial === null
        ? undefined
        : { vendor: String(row.vendor), model: String(row.model), serial: String(row.serial) };
    return {
      id,
      device,
      cik: row.cik === null ? undefined : String(row.cik),
      problem: row.problem === null ? undefined : String(row.problem),
    };
  }

  /** Points and bytes that wait for an identity. */
  waitingOf(identity: number): { readonly waiting: number; readonly bytes: number } {
    return this.#tables.ledger.of(identity);
  }

  /** Points that come and go for each identity, over the last minute. */
  rates(): Map<number, Rates> {
    return this.#rates.perSecond();
  }

  /** Removes points that the platform has confirmed, with those that were merged into them. */
  removeUploaded(identity: number, ids: readonly number[], merged: number): Promise<void> {
    return this.#tables.commits.run(() => {
      const points = this.#tables.remove(identity, JSON.stringify(ids));
      // Some may have been dropped while they were on their way.
      const mergedNow = Math.min(merged, points);
      this.#tables.ledger.change(identity, { uploaded: points - mergedNow, merged: mergedNow });
      this.#tables.freePages.giveBack();
    });
  }

  /** Moves points of an identity that the platform refuses for good out of the way, with the reason. */
  setAside(identity: number, ids: readonly number[], reason: string, now: number): Promise<void> {
    return this.#tables.commits.run(() => {
      const list = JSON.stringify(ids);
      this.#tables.deadLetters.add(identity, list, reason, now);
      this.#tables.ledger.change(identity, { refused: this.#tables.remove(identity, list) });
      this.#tables.freePages.giveBack();
    });
  }

  setKey(identity: number, cik: string): Promise<void> {
    return this.#tables.commits.run(() => {
      this.#tables.statements.setKey.run(cik, identity);
    });
  }

  setProblem(identity: number, problem: string | undefined): Promise<void> {
    return this.#tables.commits.run(() => {
      this.#tables.statements.setProblem.run(problem ?? null, identity);
    });
  }

  /**
   * Drops what has waited too long and gives back space, some of each; true: there is more. To be called every now and
   * then. Writes only when there is something to do.
   */
  async tidy(): Promise<boolean> {
    const { ages, freePages, commits, ledger } = this.#tables;
    const { timeToLiveMs } = this.#bounds();
    const due = timeToLiveMs !== undefined && ledger.waiting > 0 && ages.due();
    if (!due && !freePages.canGiveBack()) return false;
    return commits.run(() => {
      const more =
        timeToLiveMs !== undefined && due && this.#tables.expire(this.#admission.lastId, timeToLiveMs);
      freePages.giveBack();
      return more || freePages.canGiveBack();
    });
  }

  /** Commits what is pending and closes the file. */
  close(): void {
    this.#closed = true;
    this.#tables.commits.flush();
    this.#tables.close();
    this.#options.onClosed?.();
  }

  #read<T>(reading: (tables: Tables) => T): T {
    try {
      return reading(this.#tables);
    } catch (error) {
      this.#replaceIfCorrupted(error);
      throw error;
    }
  }

  /**
   * What failed stays failed, and is tried again by whoever wanted it: then it meets the new file. When that cannot be
   * made (full disk), the next failure tries it again.
   */
  #replaceIfCorrupted(error: unknown): void {
    const { replace, onReplaced } = this.#options;
    const { isOpen } = this.#tables.database;
    if (!replace || this.#closed || (isOpen && !isCorruption(error))) return;
    this.#tables.close();
    try {
      this.#tables = new Tables(replace(), this.#tablesOptions);
      this.#admission.moveTo(this.#tables);
      this.#arrivals = new Arrivals(this.#tables, this.#admission);
      if (onReplaced) setImmediate(onReplaced);
    } catch (cause) {
      this.#logger.error(`there is no database to work with: ${describeError(cause)}`);
    }
  }
}
