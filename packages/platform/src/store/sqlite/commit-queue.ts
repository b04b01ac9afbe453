import { type Kysely, sql, type Transaction } from 'kysely';
import { StoreError } from '../port.ts';
import type { Tables } from './tables.ts';

/** A piece of writing. It runs within a transaction that others share; when it throws, only its own part is undone. */
export type Writing<T> = (transaction: Transaction<Tables>) => Promise<T>;

interface Job {
  readonly run: Writing<void>;
  readonly settle: (failure: { readonly error: unknown } | undefined) => void;
}

/**
 * Group commit: everything that was asked for while the disk was busy goes into one transaction and shares its fsync.
 *
 * Invariant: a promise resolves only after the commit that holds its writing, and writings run one after the other in
 * the order they were asked for.
 */
export class CommitQueue {
  readonly #db: Kysely<Tables>;
  readonly #jobs: Job[] = [];
  readonly #batchLimit = 500;
  #working: Promise<void> | undefined;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  write<T>(writing: Writing<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let outcome: { readonly value: T } | undefined;
    this.#jobs.push({
      run: async (transaction) => {
        outcome = { value: await writing(transaction) };
      },
      settle: (failure) => {
        if (outcome && !failure) resolve(outcome.value);
        else reject(failure?.error);
      },
    });
    this.#working ??= this.#work();
    return promise;
  }

  /** Resolves when everything asked for so far is on disk or has failed. */
  async drained(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#jobs.length > 0) {
      // The requests that have arrived already get to add their writings first.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#jobs.splice(0, this.#batchLimit));
    }
    this.#working = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const failures = new Map<Job, { readonly error: unknown }>();
    let fatal: { readonly error: unknown } | undefined;
    try {
      await this.#db.transaction().execute(async (transaction) => {
        for (const job of jobs) {
          await sql`SAVEPOINT writing`.execute(transaction);
          try {
            await job.run(transaction);
          } catch (error) {
            failures.set(job, { error });
            await sql`ROLLBACK TO writing`.execute(transaction).catch(() => {
              // SQLite ended the whole transaction (a full disk): nothing of the batch was stored, for this reason.
              throw error;
            });
          }
          await sql`RELEASE writing`.execute(transaction);
        }
      });
    } catch (error) {
      fatal = { error };
    }
    for (const job of jobs) {
      const failure = failures.get(job) ?? fatal;
      job.settle(failure && { error: explain(failure.error) });
    }
  }
}

/** SQLITE_FULL: https://www.sqlite.org/rescode.html#full */
const fullCode = 13;

function explain(error: unknown): unknown {
  if ((error as { readonly errcode?: unknown } | undefined)?.errcode !== fullCode) return error;
  return new StoreError('FULL', "the disk with the platform's data is full", { cause: error });
}
