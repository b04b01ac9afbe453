import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import { QueueFullError } from '../store/bounds.ts';
import { callerName } from '../store/identity.ts';
import type { Accepted, Entry } from '../store/points.ts';
import type { QueueStore } from '../store/queue-store.ts';
import type { Uploader } from '../upload/uploader.ts';
import { Refusal } from './refusal.ts';
import type { Stamps } from './stamps.ts';

export interface AcceptanceParts {
  readonly store: QueueStore;
  readonly stamps: Stamps;
  readonly uploader: Pick<Uploader, 'written' | 'recorded'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whether points are to be sent at once, or at the end of the period. */
export type Haste = 'written' | 'recorded';

/**
 * The way by which points come into the queue, whoever brings them. A promise is fulfilled only after the points are
 * on disk; when it is rejected, nothing of the call is stored.
 */
export class Acceptance {
  readonly #parts: AcceptanceParts;
  #storeFails = false;
  /** State of the stamps that is on disk. */
  #keptStamps = 0;

  constructor(parts: AcceptanceParts) {
    this.#parts = parts;
  }

  /** Stores entries in one commit. `now` in seconds. Rejects with Refusal 503. */
  async accept(entries: readonly Entry[], now: number, haste: Haste): Promise<void> {
    let accepted: readonly Accepted[];
    try {
      accepted = await this.#store(entries, now);
    } catch (cause) {
      throw this.#refusal(cause);
    }
    this.#stores();
    for (const one of accepted) this.#parts.uploader[haste](one);
  }

  /** Does something else with the store, with the same refusals. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (cause) {
      throw this.#refusal(cause);
    }
    this.#stores();
    return result;
  }

  #store(entries: readonly Entry[], now: number): Promise<Accepted[]> {
    const { store, stamps } = this.#parts;
    if (!entries.some(({ points }) => points.some(({ stamped }) => stamped))) {
      return store.acceptMany(entries, now);
    }
    const stamped = entries.map((entry) => this.#stamp(entry));
    const { changes } = stamps;
    if (changes === this.#keptStamps) return store.acceptMany(stamped, now);
    return this.#storeWithStamps(stamped, now, changes);
  }

  async #storeWithStamps(entries: readonly Entry[], now: number, changes: number): Promise<Accepted[]> {
    const { store, stamps } = this.#parts;
    const kept = store.keepStamps(stamps.memory);
    const [accepted] = await Promise.all([store.acceptMany(entries, now), kept]);
    this.#keptStamps = changes;
    return accepted;
  }

  #stamp({ caller, points }: Entry): Entry {
    const device = callerName(caller);
    return {
      caller,
      points: points.map((point) =>
        point.stamped ? { ...point, at: this.#parts.stamps.next(`${device} ${point.alias}`) } : point,
      ),
    };
  }

  #stores(): void {
    if (this.#storeFails) this.#parts.logger.info('the queue takes records again');
    this.#storeFails = false;
  }

  /** A disk that takes nothing is the caller's to wait for: 503, said once until it takes something again. */
  #refusal(cause: unknown): Refusal {
    // One of many may be at its limit, which says nothing of the others.
    if (cause instanceof QueueFullError) return new Refusal(503, cause.message, { cause });
    if (!this.#storeFails) {
      this.#parts.logger.error(
        `the queue cannot store records and answers 503 until it can: ${describeError(cause)}`,
      );
    }
    this.#storeFails = true;
    return new Refusal(503, 'the queue cannot store it', { cause, logged: true });
  }
}
