import type { SQLInputValue } from 'node:sqlite';
import type { Priority } from '../settings/priorities.ts';
import { rowsAtOnce, type Statements } from './statements.ts';

const columns = 8;

/** Rows on their way into the table, some at a time: a quarter of the time that one takes is that of its statement. */
export class NewRows {
  readonly #statements: Pick<Statements, 'addRecord' | 'addRecords'>;
  #values: SQLInputValue[] = [];

  constructor(statements: Pick<Statements, 'addRecord' | 'addRecords'>) {
    this.#statements = statements;
  }

  add(
    id: number,
    identity: number,
    received: number,
    opensRequest: 0 | 1,
    priority: Priority,
    alias: string,
    at: number,
    value: string,
  ): void {
    this.#values.push(id, identity, received, opensRequest, priority, alias, at, value);
    if (this.#values.length < rowsAtOnce * columns) return;
    this.#statements.addRecords.run(...this.#values);
    this.#values = [];
  }

  /** Adds those that are left. */
  end(): void {
    for (let at = 0; at < this.#values.length; at += columns) {
      this.#statements.addRecord.run(...this.#values.slice(at, at + columns));
    }
    this.#values = [];
  }
}
