import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import type { Tables } from './tables.ts';

/** Kysely over a node:sqlite database. Adds to `closing` what closes it. */
export function kyselyOver(database: DatabaseSync, closing: (() => unknown)[]): Kysely<Tables> {
  // Not left to Kysely, which closes only a database that it has used.
  closing.push(() => database.close());
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: new StatementCache(database) }) });
}

/**
 * What Kysely's dialect asks of a database, answered by node:sqlite. Statements are kept: to prepare one takes longer
 * than to run it. There are few different ones, and the least lately used is dropped when there are more.
 */
class StatementCache implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, SqliteStatement>();
  readonly #limit = 200;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(text: string): SqliteStatement {
    // A failed COMMIT (full disk) may have ended the transaction already: there is nothing to roll back then.
    if (text === 'rollback' && !this.#database.isTransaction) return nothing;
    const statement = this.#statements.get(text) ?? adapt(this.#database.prepare(text));
    this.#statements.delete(text);
    this.#statements.set(text, statement);
    if (this.#statements.size > this.#limit) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    return statement;
  }

  close(): void {
    this.#database.close();
  }
}

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function adapt(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}
