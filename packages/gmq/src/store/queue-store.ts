import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Clock, openDatabase } from '@gateway-engine/host';
import { DiskFloor, type DiskSpace, diskSpaceOf } from './disk-floor.ts';
import { FreePages } from './free-pages.ts';
import { GroupCommit } from './group-commit.ts';
import { type Caller, callerName, type Identity } from './identity.ts';
import { migrations } from './schema.ts';

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

/** What became of a request that was accepted. */
export interface Accepted {
  readonly identity: number;
  /** Id of its last point; all points of the identity up to it were accepted before or with it. */
  readonly lastId: number;
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
  readonly #idByCaller = new Map<string, number>();

  /** `disk` measures the file system of the database; without it the queue may fill it. */
  constructor(database: DatabaseSync, disk?: { measure: () => DiskSpace; clock: Pick<Clock, 'monotonic'> }) {
    this.#database = database;
    this.#freePages = new FreePages(database);
    this.#floor =
      disk &&
      new DiskFloor(() => {
        const { free, total } = disk.measure();
        return { free: free + this.#freePages.bytes, total };
      }, disk.clock);
    this.#commits = new GroupCommit(database);
    this.#statements = prepare(database);
  }

  static open(file: string, clock: Pick<Clock, 'monotonic'>): QueueStore {
    mkdirSync(dirname(file), { recursive: true });
    const folder = dirname(file);
    return new QueueStore(openDatabase(file, migrations), { measure: () => diskSpaceOf(folder), clock });
  }

  /** Stores the points of one request, in their order. */
  async accept(caller: Caller, points: readonly Point[], received: number): Promise<Accepted> {
    this.#floor?.take(points.reduce((sum, point) => sum + bytesOnDisk(point), 0));
    const accepted = await this.#commits.run(() => {
      const identity = this.#idByCaller.get(callerName(caller)) ?? this.#findOrAdd(caller);
      let lastId = 0;
      points.forEach(({ alias, at, value }, index) => {
        const opensRequest = index === 0 ? 1 : 0;
        const { lastInsertRowid } = this.#statements.addRecord.run(
          identity,
          received,
          opensRequest,
          alias,
          at,
          value,
        );
        lastId = Number(lastInsertRowid);
      });
      return { identity, lastId };
    });
    // Only now: a number given in a transaction that failed is void.
    this.#idByCaller.set(callerName(caller), accepted.identity);
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

  /** The points of an identity up to an id, oldest first. Read no further than needed: values may be large. */
  *waiting(identity: number, upTo: number): Generator<WaitingPoint> {
    for (const row of this.#statements.waiting.iterate(identity, upTo)) {
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

  /** Removes points that the platform has confirmed, with those that were merged into them. */
  removeUploaded(identity: number, ids: readonly number[], merged: number): Promise<void> {
    return this.#commits.run(() => {
      this.#statements.remove.run(JSON.stringify(ids));
      this.#freePages.giveBack();
      this.#statements.count.run(ids.length - merged, merged, identity);
    });
  }

  /** Moves points that the platform refuses for good out of the way, with the reason. */
  setAside(ids: readonly number[], reason: string, now: number): Promise<void> {
    return this.#commits.run(() => {
      const list = JSON.stringify(ids);
      this.#statements.setAside.run(reason, now, list);
      this.#statements.remove.run(list);
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

/** Once in the log and once in the database, with its place in the index. */
function bytesOnDisk({ alias, value }: Point): number {
  return 2 * (64 + alias.length + value.length);
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    findDevice: sql('SELECT id FROM identity WHERE vendor = ? AND model = ? AND serial = ?'),
    findKey: sql('SELECT id FROM identity WHERE cik = ? AND vendor IS NULL'),
    addDevice: sql('INSERT INTO identity (vendor, model, serial) VALUES (?, ?, ?)'),
    addKey: sql('INSERT INTO identity (cik) VALUES (?)'),
    identity: sql('SELECT vendor, model, serial, cik, problem FROM identity WHERE id = ?'),
    setKey: sql('UPDATE identity SET cik = ? WHERE id = ?'),
    setProblem: sql('UPDATE identity SET problem = ? WHERE id = ?'),
    count: sql('UPDATE identity SET uploaded = uploaded + ?, merged = merged + ? WHERE id = ?'),
    addRecord: sql(
      'INSERT INTO record (identity, received, opens_request, alias, at, value) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    waiting: sql(
      'SELECT id, opens_request, alias, at, value FROM record WHERE identity = ? AND id <= ? ORDER BY id',
    ),
    lastWaiting: sql('SELECT identity, max(id) AS last_id FROM record GROUP BY identity'),
    remove: sql('DELETE FROM record WHERE id IN (SELECT value FROM json_each(?))'),
    setAside: sql(
      `INSERT INTO dead_letter (identity, received, alias, at, value, reason, set_aside)
       SELECT identity, received, alias, at, value, ?, ? FROM record
       WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
    ),
  };
}
