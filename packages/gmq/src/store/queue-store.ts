import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type Clock, openDatabase } from '@gateway-engine/host';
import type { Priority } from '../settings/priorities.ts';
import { DiskFloor, type DiskSpace, diskSpaceOf } from './disk-floor.ts';
import { FreePages } from './free-pages.ts';
import { GroupCommit } from './group-commit.ts';
import { type Caller, callerName, type Identity } from './identity.ts';
import { inOrder } from './in-order.ts';
import { Ledger } from './ledger.ts';
import { migrations } from './schema.ts';
import { bytesOf, prepareStatements, type Statements } from './statements.ts';

export interface Point {
  readonly alias: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly value: string;
}

/** A point as it waits in the queue. */
export interface WaitingPoint extends Point {
  readonly id: number;
  readonly opensRequest: boolean;
}

/** The points of one request, in their order. */
export interface Entry {
  readonly caller: Caller;
  readonly points: readonly Point[];
}

/** What became of a request that was accepted. */
export interface Accepted {
  readonly identity: number;
  /** Id of its last point; all points of the identity up to it were accepted before or with it. */
  readonly lastId: number;
}

export interface StoreOptions {
  /** Measures the file system of the database; without it the queue may fill it. */
  readonly disk?: { readonly measure: () => DiskSpace; readonly clock: Pick<Clock, 'monotonic'> };
  readonly priorityOf?: (alias: string) => Priority;
}

/**
 * The queue on disk. Every promise here is fulfilled after the commit and its fsync; when one is rejected (full disk,
 * failing disk), nothing of that call is stored and the queue is as it was.
 */
export class QueueStore {
  readonly #database: DatabaseSync;
  readonly #commits: GroupCommit;
  readonly #freePages: FreePages;
  readonly #floor: DiskFloor | undefined;
  readonly #statements: Statements;
  readonly #ledger: Ledger;
  readonly #idByCaller = new Map<string, number>();
  readonly #priorityOf: (alias: string) => Priority;
  #lastId: number;

  constructor(database: DatabaseSync, { disk, priorityOf = () => 1 }: StoreOptions = {}) {
    this.#database = database;
    this.#freePages = new FreePages(database);
    this.#floor =
      disk &&
      new DiskFloor(() => {
        const { free, total } = disk.measure();
        return { free: free + this.#freePages.bytes, total };
      }, disk.clock);
    this.#statements = prepareStatements(database);
    const ledger = new Ledger(database);
    this.#ledger = ledger;
    this.#priorityOf = priorityOf;
    this.#lastId = Number(this.#statements.lastId.get()?.id ?? 0);
    this.#commits = new GroupCommit(database, {
      before: () => ledger.save(),
      after: () => ledger.settle(),
      failed: () => ledger.discard(),
    });
  }

  static open(file: string, clock: Pick<Clock, 'monotonic'>, options: StoreOptions = {}): QueueStore {
    mkdirSync(dirname(file), { recursive: true });
    const folder = dirname(file);
    return new QueueStore(openDatabase(file, migrations), {
      ...options,
      disk: { measure: () => diskSpaceOf(folder), clock },
    });
  }

  /** Stores the points of one request, in their order. */
  async accept(caller: Caller, points: readonly Point[], received: number): Promise<Accepted> {
    const [accepted] = await this.acceptMany([{ caller, points }], received);
    if (!accepted) throw new Error('a request without points cannot be stored');
    return accepted;
  }

  /**
   * Stores several requests in one commit: all of them, or none. Answers for each identity once, with its last point;
   * entries without points have no answer.
   */
  async acceptMany(entries: readonly Entry[], received: number): Promise<Accepted[]> {
    let bytes = 0;
    for (const { points } of entries) for (const point of points) bytes += bytesOf(point);
    // Once in the log and once in the database.
    this.#floor?.take(2 * bytes);
    const known = new Map<string, number>();
    const accepted = await this.#commits.run(() => {
      const lastIds = new Map<number, number>();
      for (const { caller, points } of entries) {
        if (points.length === 0) continue;
        const name = callerName(caller);
        const identity = this.#idByCaller.get(name) ?? known.get(name) ?? this.#findOrAdd(caller);
        known.set(name, identity);
        lastIds.set(identity, this.#add(identity, points, received));
      }
      return Array.from(lastIds, ([identity, lastId]) => ({ identity, lastId }));
    });
    // Only now: a number given in a transaction that failed is void.
    for (const [name, identity] of known) this.#idByCaller.set(name, identity);
    return accepted;
  }

  /** The identity of a caller, added when it is new. */
  enrol(caller: Caller): Promise<Identity> {
    return this.#commits.run(() => {
      const id = this.#findOrAdd(caller);
      const identity = this.identity(id);
      if (!identity) throw new Error(`identity ${id} is gone`);
      return identity;
    });
  }

  /**
   * The points of an identity up to an id, of a priority and those above it, oldest first. Read no further than needed:
   * values may be large.
   */
  *waiting(identity: number, upTo: number, leastPriority: Priority = 0): Generator<WaitingPoint> {
    const statements = this.#statements.waiting.slice(leastPriority);
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
  }

  /** For each identity with points waiting, the id of its last one. */
  lastWaiting(): Accepted[] {
    return this.#statements.lastWaiting
      .all()
      .map((row) => ({ identity: Number(row.identity), lastId: Number(row.last_id) }));
  }

  identity(id: number): Identity | undefined {
    const row = this.#statements.identity.get(id);
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
    return this.#ledger.of(identity);
  }

  /** Removes points that the platform has confirmed, with those that were merged into them. */
  removeUploaded(identity: number, ids: readonly number[], merged: number): Promise<void> {
    return this.#commits.run(() => {
      const { points } = this.#remove(identity, JSON.stringify(ids));
      // Some may have been dropped while they were on their way.
      const mergedNow = Math.min(merged, points);
      this.#ledger.change(identity, { uploaded: points - mergedNow, merged: mergedNow });
      this.#freePages.giveBack();
    });
  }

  /** Moves points of an identity that the platform refuses for good out of the way, with the reason. */
  setAside(identity: number, ids: readonly number[], reason: string, now: number): Promise<void> {
    return this.#commits.run(() => {
      const list = JSON.stringify(ids);
      this.#statements.setAside.run(reason, now, identity, list);
      const { points } = this.#remove(identity, list);
      this.#ledger.change(identity, { refused: points });
      this.#freePages.giveBack();
    });
  }

  setKey(identity: number, cik: string): Promise<void> {
    return this.#commits.run(() => {
      this.#statements.setKey.run(cik, identity);
    });
  }

  setProblem(identity: number, problem: string | undefined): Promise<void> {
    return this.#commits.run(() => {
      this.#statements.setProblem.run(problem ?? null, identity);
    });
  }

  /** Commits what is pending and closes the file. */
  close(): void {
    this.#commits.flush();
    this.#database.close();
  }

  #add(identity: number, points: readonly Point[], received: number): number {
    let bytes = 0;
    let opensRequest = 1;
    for (const point of points) {
      const { alias, at, value } = point;
      this.#statements.addRecord.run(
        ++this.#lastId,
        identity,
        received,
        opensRequest,
        this.#priorityOf(alias),
        alias,
        at,
        value,
      );
      opensRequest = 0;
      bytes += bytesOf(point);
    }
    this.#ledger.change(identity, { waiting: points.length, bytes, accepted: points.length });
    return this.#lastId;
  }

  #remove(identity: number, ids: string): { points: number } {
    const row = this.#statements.measure.get(identity, ids);
    const points = Number(row?.points);
    this.#statements.remove.run(identity, ids);
    this.#ledger.change(identity, { waiting: -points, bytes: -Number(row?.bytes) });
    return { points };
  }

  #findOrAdd(caller: Caller): number {
    const { findDevice, findKey, addDevice, addKey } = this.#statements;
    if ('cik' in caller) {
      return Number(findKey.get(caller.cik)?.id ?? addKey.run(caller.cik).lastInsertRowid);
    }
    const { vendor, model, serial } = caller.device;
    const found = findDevice.get(vendor, model, serial);
    return Number(found?.id ?? addDevice.run(vendor, model, serial).lastInsertRowid);
  }
}
