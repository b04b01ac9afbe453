import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@gateway-engine/host';
import { AgeMarks } from './age-marks.ts';
import type { Bounds } from './bounds.ts';
import { DeadLetters } from './dead-letters.ts';
import { DiskFloor, type DiskSpace } from './disk-floor.ts';
import { FreePages } from './free-pages.ts';
import { type AroundCommit, GroupCommit, type Sync } from './group-commit.ts';
import { Ledger } from './ledger.ts';
import { PacedSync } from './paced-sync.ts';
import type { RoomParts } from './room.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { type Victim, Victims } from './victims.ts';
import { WalSync } from './wal-sync.ts';

/** Points that leave in one transaction: longer ones would hold up those who wait for an answer. */
const rowsAtOnce = 5000;

export interface TablesOptions {
  /** Measures the file system of the database; without it the queue may fill it. */
  readonly disk: (() => DiskSpace) | undefined;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly bounds: () => Bounds;
  /** Brings commits to the disk, in place of a sync of the database's log. */
  readonly sync: Sync | undefined;
  /** Told how long each sync took, milliseconds. */
  readonly onSync?: ((tookMs: number) => void) | undefined;
  readonly around: Pick<AroundCommit, 'failed'> & {
    readonly after: (changes: ReturnType<Ledger['settle']>) => void;
  };
}

/** An open database with all that works on it. Replaced as a whole when the file turns out to be corrupted. */
export class Tables {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  readonly ledger: Ledger;
  readonly commits: GroupCommit;
  readonly freePages: FreePages;
  readonly floor: DiskFloor | undefined;
  readonly victims: Victims;
  readonly deadLetters: DeadLetters;
  readonly ages: AgeMarks;
  readonly #log: WalSync | undefined;

  constructor(database: DatabaseSync, { disk, clock, bounds, sync, onSync, around }: TablesOptions) {
    this.database = database;
    this.freePages = new FreePages(database);
    this.statements = prepareStatements(database);
    this.ledger = new Ledger(database);
    this.victims = new Victims(database);
    this.deadLetters = new DeadLetters(database, () => bounds().deadLetterBytes);
    this.ages = new AgeMarks(database, () => clock.monotonic());
    this.floor =
      disk &&
      new DiskFloor(
        () => {
          const { free, total } = disk();
          return { free: free + this.freePages.bytes, total };
        },
        clock,
        () => bounds().freeDiskBytes,
      );
    const file = String(database.prepare('PRAGMA database_list').get()?.file ?? '');
    // One in memory has no log.
    this.#log = file === '' || sync ? undefined : new WalSync(database, file);
    const aroundCommit = {
      before: () => this.ledger.save(),
      after: () => around.after(this.ledger.settle()),
      failed: (error: unknown) => {
        this.ledger.discard();
        this.deadLetters.discard();
        around.failed(error);
      },
    };
    const durable = sync ?? this.#log;
    const timed = durable && new PacedSync(durable, clock, onSync ?? (() => undefined));
    this.commits = new GroupCommit(database, aroundCommit, timed);
  }

  close(): void {
    this.#log?.close();
    if (this.database.isOpen) this.database.close();
  }

  /** `identities`: how many there are. */
  roomParts(bounds: Bounds, identities: number): RoomParts {
    const { ledger, victims } = this;
    // What is not points: the schema, identities, and points set aside, which have a bound of their own.
    const others = () => 256 * 1024 + 512 * identities + 2 * this.deadLetters.bytes;
    return { bounds, ledger, victims, fileBytes: () => this.freePages.usedBytes - others() };
  }

  /** Removes points of an identity, `ids` being a JSON list, and says how many there were. Within a transaction. */
  remove(identity: number, ids: string): number {
    const { measure, remove } = this.statements;
    const row = measure.get(identity, ids);
    const points = Number(row?.points);
    remove.run(identity, ids);
    this.ledger.change(identity, { waiting: -points, bytes: -Number(row?.bytes) });
    return points;
  }

  /** Undoes that points with an id above the one and up to the other came. Within a transaction. */
  takeBack(after: number, last: number): void {
    for (const row of this.statements.takeBack.all(after, last)) {
      this.ledger.change(Number(row.identity), { waiting: -1, bytes: -Number(row.bytes), accepted: -1 });
    }
  }

  /** Within a transaction. */
  drop(victims: readonly Victim[]): void {
    for (const [identity, own] of Map.groupBy(victims, ({ identity }) => identity)) {
      const dropped = this.remove(identity, JSON.stringify(own.map(({ id }) => id)));
      this.ledger.change(identity, { dropped });
    }
  }

  /**
   * Removes some of the points that have waited too long, and marks the time when it has reached the last; true: there
   * are more. `lastId` is the newest point. Within a transaction.
   */
  expire(lastId: number, timeToLiveMs: number): boolean {
    const rows = this.statements.expired.all(this.ages.reached(timeToLiveMs), rowsAtOnce);
    for (const row of rows) {
      this.ledger.change(Number(row.identity), { waiting: -1, bytes: -Number(row.bytes), expired: 1 });
    }
    const last = rows.at(-1);
    if (last) this.statements.removeUpTo.run(Number(last.id));
    if (rows.length === rowsAtOnce) return true;
    this.ages.forget(timeToLiveMs);
    this.ages.mark(lastId, timeToLiveMs);
    return false;
  }
}
