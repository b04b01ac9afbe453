import type { Accepted } from '../store/queue-store.ts';
import { Lane, type LaneParts } from './lane.ts';
import { Slots } from './slots.ts';

const simultaneousUploads = 8;
/** Lanes that may keep their connection while they have nothing to do. */
const keptConnections = 16;

/**
 * Decides when each identity's lane runs: at once after a write, at the end of the period for records, and at the
 * start for all that an earlier run left behind.
 */
export class Uploader {
  readonly #parts: LaneParts;
  readonly #lanes = new Map<number, Lane>();
  /** Last row of each identity that waits for the end of the period. */
  readonly #atPeriodEnd = new Map<number, number>();
  #period: { cancel(): void } | undefined;

  constructor(parts: Omit<LaneParts, 'slots'>) {
    this.#parts = { ...parts, slots: new Slots(simultaneousUploads) };
  }

  start(): void {
    for (const { identity, lastId } of this.#parts.store.lastWaiting()) this.#lane(identity).upload(lastId);
    this.#startPeriod();
  }

  written({ identity, lastId }: Accepted): void {
    this.#lane(identity).upload(lastId);
  }

  recorded({ identity, lastId }: Accepted): void {
    this.#atPeriodEnd.set(identity, lastId);
  }

  activate(identity: number): void {
    const lane = this.#lane(identity);
    lane.activate();
    lane.wake();
  }

  /** Takes up changed settings: ends the period and every wait for a next try. */
  reread(): void {
    for (const lane of this.#lanes.values()) lane.wake();
    this.#endPeriod();
  }

  async stop(): Promise<void> {
    this.#period?.cancel();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
  }

  #startPeriod(): void {
    this.#period?.cancel();
    const { clock, settings } = this.#parts;
    this.#period = clock.after(settings().batchRecordPeriodMs, () => this.#endPeriod());
  }

  #endPeriod(): void {
    for (const [identity, lastId] of this.#atPeriodEnd) this.#lane(identity).upload(lastId);
    this.#atPeriodEnd.clear();
    this.#closeSpareConnections();
    this.#startPeriod();
  }

  #closeSpareConnections(): void {
    if (this.#lanes.size <= keptConnections) return;
    for (const [identity, lane] of this.#lanes) {
      if (!lane.idle) continue;
      lane.disconnect();
      this.#lanes.delete(identity);
    }
  }

  #lane(identity: number): Lane {
    const lane = this.#lanes.get(identity) ?? new Lane(identity, this.#parts);
    this.#lanes.set(identity, lane);
    return lane;
  }
}
