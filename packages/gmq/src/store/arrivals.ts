import type { Admission, Arrival } from './admission.ts';
import { NotSyncedError } from './group-commit.ts';
import type { Accepted } from './points.ts';
import type { Tables } from './tables.ts';

/** Those that are stored in one commit. */
interface Group {
  readonly arrivals: Arrival[];
  /** What became of each. */
  outcomes: readonly (Accepted[] | Error)[];
}

/**
 * Requests on their way into the tables. Those that share a commit are let in together when it is made, since to look at
 * each for itself would take as long as to store it.
 */
export class Arrivals {
  readonly #tables: Tables;
  readonly #admission: Admission;
  #gathered: { readonly group: Group; readonly stored: Promise<void> } | undefined;

  constructor(tables: Tables, admission: Admission) {
    this.#tables = tables;
    this.#admission = admission;
  }

  /** Fulfilled when it is on disk; rejected with QueueFullError or DiskFloorError when there is no room. */
  async store(arrival: Arrival): Promise<Accepted[]> {
    if (this.#gathered) this.#tables.commits.join();
    else {
      const group: Group = { arrivals: [], outcomes: [] };
      this.#gathered = { group, stored: this.#store(group) };
    }
    const { group, stored } = this.#gathered;
    const place = group.arrivals.push(arrival) - 1;
    await stored;
    const outcome = group.outcomes[place];
    if (!outcome || outcome instanceof Error) throw outcome ?? new Error('a request was not looked at');
    return outcome;
  }

  async #store(group: Group): Promise<void> {
    const admission = this.#admission;
    const known = new Map<string, number>();
    let before = 0;
    let last = 0;
    try {
      await this.#tables.commits.run(() => {
        this.#gathered = undefined;
        before = admission.lastId;
        group.outcomes = admission.admit(group.arrivals, known);
        last = admission.lastId;
      });
    } catch (error) {
      // When not even a transaction could be begun.
      if (this.#gathered?.group === group) this.#gathered = undefined;
      if (error instanceof NotSyncedError) await this.#takeBack(before, last);
      throw error;
    }
    admission.remember(known, this.#tables);
  }

  /** The callers are told that nothing of theirs is stored. */
  async #takeBack(after: number, last: number): Promise<void> {
    try {
      await this.#tables.commits.run(() => this.#tables.takeBack(after, last));
    } catch (error) {
      // Gone from the queue; a loss of power may bring it back, as long as the disk takes nothing.
      if (!(error instanceof NotSyncedError)) throw error;
    }
  }
}
