import type { Priority } from '../settings/priorities.ts';
import { type Bounds, DiskFloorError, QueueFullError } from './bounds.ts';
import { type Caller, callerName } from './identity.ts';
import type { Accepted, Entry } from './points.ts';
import { findRoom, type Request } from './room.ts';
import { bytesOf } from './statements.ts';
import type { Tables } from './tables.ts';

export interface MeasuredEntry extends Entry {
  readonly name: string;
  /** Of each point. */
  readonly priorities: readonly Priority[];
  readonly bytes: number;
  /** The highest. */
  readonly priority: Priority;
}

type OwnedEntry = readonly [identity: number, MeasuredEntry];

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
    const priorities = points.map((point) => {
      bytes += bytesOf(point);
      const own = this.#priorityOf(point.alias);
      if (own > priority) priority = own;
      return own;
    });
    return { name: callerName(caller), caller, points, priorities, bytes, priority };
  }

  /** Bytes that the disk lacks for them. Throws DiskFloorError when none of them can be taken for that. */
  diskShort(measured: readonly MeasuredEntry[]): number {
    const bytes = measured.reduce((sum, entry) => sum + entry.bytes, 0);
    // Once in the log and once in the database.
    const short = this.#tables.floor?.take(2 * bytes) ?? 0;
    if (short > 0 && this.#bounds().whenFull === 'reject') throw diskIsFull();
    return short;
  }

  /** Within the transaction. `known` gets the numbers of the callers. An Error: there is no room, and no point is taken. */
  admit(
    measured: readonly MeasuredEntry[],
    known: Map<string, number>,
    diskShort: number,
    received: number,
  ): Accepted[] | Error {
    const owned: OwnedEntry[] = [];
    for (const entry of measured) {
      let identity: number | QueueFullError | undefined =
        this.#idByCaller.get(entry.name) ?? known.get(entry.name);
      if (identity === undefined) {
        identity = this.findOrAdd(entry.caller);
        if (identity instanceof Error) return identity;
        known.set(entry.name, identity);
      }
      owned.push([identity, entry]);
    }
    const parts = this.#tables.roomParts(this.#bounds(), this.#lastIdentity);
    const leaving = findRoom(onceForEach(owned), diskShort, parts);
    if (leaving instanceof QueueFullError) return diskShort > 0 ? diskIsFull() : leaving;
    if (leaving.length > 0) this.#tables.drop(leaving);
    const [first] = owned;
    if (first && owned.length === 1) return [{ identity: first[0], lastId: this.#add(...first, received) }];
    const lastIds = new Map<number, number>();
    for (const [identity, entry] of owned) lastIds.set(identity, this.#add(identity, entry, received));
    return Array.from(lastIds, ([identity, lastId]) => ({ identity, lastId }));
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

  #add(identity: number, { points, priorities, bytes }: MeasuredEntry, received: number): number {
    const { statements, ledger } = this.#tables;
    points.forEach(({ alias, at, value }, index) => {
      const opensRequest = index === 0 ? 1 : 0;
      const priority = priorities[index] ?? 1;
      statements.addRecord.run(++this.#lastId, identity, received, opensRequest, priority, alias, at, value);
    });
    ledger.change(identity, { waiting: points.length, bytes, accepted: points.length });
    return this.#lastId;
  }
}

/** The sum of each identity's entries; of one entry, which is what most calls bring, the entry itself. */
function onceForEach(owned: readonly OwnedEntry[]): Request {
  if (owned.length === 1) return owned;
  const sums = new Map<number, { bytes: number; priority: Priority }>();
  for (const [identity, { bytes, priority }] of owned) {
    const sum = sums.get(identity);
    if (!sum) sums.set(identity, { bytes, priority });
    else {
      sum.bytes += bytes;
      if (priority > sum.priority) sum.priority = priority;
    }
  }
  return sums;
}

function diskIsFull(): DiskFloorError {
  return new DiskFloorError('the disk is nearly full; what is left is needed to empty the queue');
}

function tooManyIdentities(): QueueFullError {
  return new QueueFullError(`the queue serves ${mostIdentities} identities already, and this is a new one`);
}
