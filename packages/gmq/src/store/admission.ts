import type { Priority } from '../settings/priorities.ts';
import { type Bounds, DiskFloorError, QueueFullError } from './bounds.ts';
import { type Caller, callerName } from './identity.ts';
import { NewRows } from './new-rows.ts';
import type { Accepted, Entry } from './points.ts';
import { findRoom, hasPlentyOfRoom, type RoomParts } from './room.ts';
import { bytesOf } from './statements.ts';
import type { Tables } from './tables.ts';

export interface MeasuredEntry extends Entry {
  readonly name: string;
  readonly bytes: number;
  /** The highest of its points. */
  readonly priority: Priority;
  /** The number of its caller; 0 as long as that is not looked up. */
  identity: number;
}

/** What arrivals add to each identity. */
type Sums = Map<number, { points: number; bytes: number; priority: Priority }>;

/** A request on its way into the queue. */
export interface Arrival {
  readonly measured: readonly MeasuredEntry[];
  /** Bytes that the disk lacks for it. */
  readonly diskShort: number;
  /** Wall time, seconds since 1970. */
  readonly received: number;
}

/** Every identity keeps its key for good, so that their number has to have an end. */
const mostIdentities = 10_000;

/**
 * Lets points into the tables: whose they are, whether they have room, and what has to go for them. Gives ids, and none
 * of them twice, also when the tables are replaced: lanes outlive a corrupted file.
 */
export class Admission {
  readonly #bounds: () => Bounds;
  readonly #priorityOf: (alias: string) => Priority;
  readonly #idByCaller = new Map<string, number>();
  #tables: Tables;
  #lastId = 0;
  #lastIdentity = 0;

  constructor(tables: Tables, bounds: () => Bounds, priorityOf: (alias: string) => Priority) {
    this.#bounds = bounds;
    this.#priorityOf = priorityOf;
    this.#tables = tables;
    this.moveTo(tables);
  }

  /** Goes on with other tables. */
  moveTo(tables: Tables): void {
    this.#tables = tables;
    this.#idByCaller.clear();
    this.#lastId = Math.max(this.#lastId, Number(tables.statements.lastId.get()?.id));
    this.#lastIdentity = Math.max(this.#lastIdentity, Number(tables.statements.lastIdentity.get()?.id));
  }

  /** Id of the newest point. */
  get lastId(): number {
    return this.#lastId;
  }

  measure({ caller, points }: Entry): MeasuredEntry {
    let bytes = 0;
    let priority: Priority = 0;
    for (const point of points) {
      bytes += bytesOf(point);
      const own = this.#priorityOf(point.alias);
      if (own > priority) priority = own;
    }
    return { name: callerName(caller), caller, points, bytes, priority, identity: 0 };
  }

  /** Bytes that the disk lacks for them. */
  diskShort(measured: readonly MeasuredEntry[]): number {
    let bytes = 0;
    for (const entry of measured) bytes += entry.bytes;
    // Once in the log and once in the database.
    return this.#tables.floor?.take(2 * bytes) ?? 0;
  }

  /**
   * Within the transaction. `known` gets the numbers of the callers. For each arrival what became of it, an Error: there
   * is no room, and none of its points is taken.
   */
  admit(arrivals: readonly Arrival[], known: Map<string, number>): (Accepted[] | Error)[] {
    const together = this.#admitTogether(arrivals, known);
    return together ?? arrivals.map((arrival) => this.#admitOne(arrival, known));
  }

  /** Undefined: it is not plain that there is room for all of them, and nothing is taken. */
  #admitTogether(arrivals: readonly Arrival[], known: Map<string, number>): Accepted[][] | undefined {
    const sums: Sums = new Map();
    for (const { measured, diskShort } of arrivals) {
      if (diskShort > 0 || !this.#identify(measured, known, sums)) return undefined;
    }
    return hasPlentyOfRoom(sums, this.#roomParts()) ? this.#add(arrivals, sums) : undefined;
  }

  #admitOne(arrival: Arrival, known: Map<string, number>): Accepted[] | Error {
    const { measured, diskShort } = arrival;
    if (diskShort > 0 && this.#bounds().whenFull === 'reject') return diskIsFull();
    const sums: Sums = new Map();
    if (!this.#identify(measured, known, sums)) return tooManyIdentities();
    const leaving = findRoom(sums, diskShort, this.#roomParts());
    if (leaving instanceof QueueFullError) return diskShort > 0 ? diskIsFull() : leaving;
    if (leaving.length > 0) this.#tables.drop(leaving);
    return this.#add([arrival], sums).flat();
  }

  /** Gives the entries the numbers of their callers, and notes what they are to add. False: a caller is one too many. */
  #identify(measured: readonly MeasuredEntry[], known: Map<string, number>, sums: Sums): boolean {
    for (const entry of measured) {
      const { name, caller, bytes, priority, points } = entry;
      let identity: number | QueueFullError | undefined = this.#idByCaller.get(name) ?? known.get(name);
      if (identity === undefined) {
        identity = this.findOrAdd(caller);
        if (identity instanceof Error) return false;
        known.set(name, identity);
      }
      entry.identity = identity;
      const sum = sums.get(identity);
      if (!sum) sums.set(identity, { bytes, priority, points: points.length });
      else {
        sum.bytes += bytes;
        sum.points += points.length;
        if (priority > sum.priority) sum.priority = priority;
      }
    }
    return true;
  }

  #roomParts(): RoomParts {
    return this.#tables.roomParts(this.#bounds(), this.#lastIdentity);
  }

  /** To be called when the transaction is over: a number that was given in one that failed is void. */
  remember(known: ReadonlyMap<string, number>, tables: Tables): void {
    if (tables === this.#tables) for (const [name, id] of known) this.#idByCaller.set(name, id);
  }

  /** The number of a caller, who is added when it is new. Within a transaction. */
  findOrAdd(caller: Caller): number | QueueFullError {
    const { findDevice, findKey, addDevice, addKey } = this.#tables.statements;
    const byKey = 'cik' in caller;
    const name = byKey ? [caller.cik] : [caller.device.vendor, caller.device.model, caller.device.serial];
    const found = (byKey ? findKey : findDevice).get(...name);
    if (found) return Number(found.id);
    if (this.#lastIdentity >= mostIdentities) return tooManyIdentities();
    const id = ++this.#lastIdentity;
    (byKey ? addKey : addDevice).run(id, ...name);
    return id;
  }

  /** Says of each arrival for each identity once what its last point is. */
  #add(arrivals: readonly Arrival[], sums: Sums): Accepted[][] {
    const rows = new NewRows(this.#tables.statements);
    const accepted: Accepted[][] = [];
    for (const { measured, received } of arrivals) {
      const own: Accepted[] = [];
      for (const { identity, points } of measured) {
        let opensRequest: 0 | 1 = 1;
        for (const { alias, at, value } of points) {
          const priority = this.#priorityOf(alias);
          rows.add(++this.#lastId, identity, received, opensRequest, priority, alias, at, value);
          opensRequest = 0;
        }
        own.push({ identity, lastId: this.#lastId });
      }
      accepted.push(own.length === 1 ? own : lastOfEach(own));
    }
    rows.end();
    for (const [identity, { points, bytes }] of sums) {
      this.#tables.ledger.change(identity, { waiting: points, bytes, accepted: points });
    }
    return accepted;
  }
}

function lastOfEach(accepted: readonly Accepted[]): Accepted[] {
  return [...new Map(accepted.map((each) => [each.identity, each])).values()];
}

function diskIsFull(): DiskFloorError {
  return new DiskFloorError('the disk is nearly full; what is left is needed to empty the queue');
}

function tooManyIdentities(): QueueFullError {
  return new QueueFullError(`the queue serves ${mostIdentities} identities already, and this is a new one`);
}
