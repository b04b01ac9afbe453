import type { Accepted } from '../store/points.ts';
import { Encodings } from './encodings.ts';
import { Lane, type LaneParts } from './lane.ts';
import { Slots } from './slots.ts';
import { isOpen } from './window.ts';

const simultaneousUploads = 8;
/** Lanes that may keep their connection while they have nothing to do. */
const keptConnections = 16;
/** How often the clock is looked at for the window of low priorities. */
const windowLookMs = 30_000;

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
  #windowLook: { cancel(): void } | undefined;
  #windowWasOpen = true;

  constructor(parts: Omit<LaneParts, 'slots' | 'encodings'>) {
    const encodings = new Encodings(parts.clock, parts.logger);
    this.#parts = { ...parts, encodings, slots: new Slots(simultaneousUploads) };
  }

  start(): void {
    this.#uploadAll();
    this.#startPeriod();
    this.#watchWindow();
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

  /** Sends all that waits, now. */
  drain(): void {
    for (const { identity, lastId } of this.#parts.store.lastWaiting()) this.#lane(identity).drain(lastId);
    this.#atPeriodEnd.clear();
  }

  /** Takes up changed settings: ends the period and every wait for a next try. */
  reread(): void {
    this.#parts.encodings.forget();
    this.#watchWindow();
    for (const lane of this.#lanes.values()) lane.wake();
    this.#endPeriod();
  }

  async stop(): Promise<void> {
    this.#period?.cancel();
    this.#windowLook?.cancel();
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

  #uploadAll(): void {
    for (const { identity, lastId } of this.#parts.store.lastWaiting()) this.#lane(identity).upload(lastId);
  }

  /**
   * Uploads what has waited for the window when it opens. The clock is looked at again and again, since it may be set
   * while gmq runs, or have started in 1970.
   */
  #watchWindow(): void {
    this.#windowLook?.cancel();
    const { clock, settings } = this.#parts;
    const { uploadWindow } = settings();
    const open = isOpen(uploadWindow, clock.now());
    if (open && !this.#windowWasOpen) this.#uploadAll();
    this.#windowWasOpen = open;
    this.#windowLook = uploadWindow && clock.after(windowLookMs, () => this.#watchWindow());
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
