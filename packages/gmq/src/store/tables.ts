import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@gateway-engine/host';
import { AgeMarks } from './age-marks.ts';
import type { Bounds } from './bounds.ts';
import { DeadLetters } from './dead-letters.ts';
import { DiskFloor, type DiskSpace } from './disk-floor.ts';
import { FreePages } from './free-pages.ts';
import { type AroundCommit, GroupCommit } from './group-commit.ts';
import { Ledger } from './ledger.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { Victims } from './victims.ts';

export interface TablesOptions {
  /** Measures the file system of the database; without it the queue may fill it. */
  readonly disk: (() => DiskSpace) | undefined;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly bounds: () => Bounds;
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

  constructor(database: DatabaseSync, { disk, clock, bounds, around }: TablesOptions) {
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
    this.commits = new GroupCommit(database, {
      before: () => this.ledger.save(),
      after: () => around.after(this.ledger.settle()),
      failed: (error) => {
        this.ledger.discard();
        this.deadLetters.discard();
        around.failed(error);
      },
    });
  }
}
