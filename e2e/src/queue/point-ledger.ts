/** A point that was handed to the queue. Its value is its own: no other point of the ledger has it. */
export interface SentPoint {
  readonly device: string;
  readonly alias: string;
  /** Undefined when the queue stamps it. */
  readonly at: number | undefined;
  readonly value: string;
  /** Whether the queue has answered that it is safe. */
  acknowledged: boolean;
}

/** A point as the platform's store has it. */
export type StoredPoint = readonly [at: number, value: string];

/** What came of the points that were sent. Everything but the first two must be 0. */
export interface Audit {
  readonly acknowledged: number;
  /** Acknowledged or not: what was not may have arrived all the same. */
  readonly stored: number;
  /** Acknowledged, and not in the store, or not at its time. */
  readonly lost: number;
  /** Values that are in the store more than once, each repetition counted. */
  readonly duplicated: number;
  /** In the store, and never sent. */
  readonly unexplained: number;
}

/** What programs handed to a queue and what they were promised, to be compared with what the platform has. */
export class PointLedger {
  readonly #sent = new Map<string, SentPoint[]>();
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** Notes a point that is about to be sent, with a value of its own. */
  enter(device: string, alias: string, at?: number): SentPoint {
    const point: SentPoint = { device, alias, at, value: `v${++this.#count}`, acknowledged: false };
    const name = JSON.stringify([device, alias]);
    const series = this.#sent.get(name);
    if (series) series.push(point);
    else this.#sent.set(name, [point]);
    return point;
  }

  /** What was promised since there were this many points counts no more: it may have been lost by no fault of the queue. */
  withdraw(since: number): void {
    for (const series of this.#sent.values()) {
      for (const point of series) if (Number(point.value.slice(1)) > since) point.acknowledged = false;
    }
  }

  /** Compares all with the store; `history` gives all points of one resource. */
  async audit(
    history: (device: string, alias: string) => Promise<readonly StoredPoint[]>,
  ): Promise<Audit & { readonly examples: readonly string[] }> {
    const sum = { acknowledged: 0, stored: 0, lost: 0, duplicated: 0, unexplained: 0 };
    const examples: string[] = [];
    for (const [name, sent] of this.#sent) {
      const [device, alias] = JSON.parse(name) as [string, string];
      const stored = await history(device, alias);
      const timesOf = new Map<string, number[]>();
      for (const [at, value] of stored) timesOf.set(value, [...(timesOf.get(value) ?? []), at]);
      const note = (what: string) => examples.length < 20 && examples.push(`${device} ${alias}: ${what}`);
      sum.stored += stored.length;
      for (const { at, value, acknowledged } of sent) {
        const times = timesOf.get(value) ?? [];
        timesOf.delete(value);
        sum.acknowledged += acknowledged ? 1 : 0;
        if (times.length > 1) {
          sum.duplicated += times.length - 1;
          note(`${value} is stored at ${times.join(' and ')}`);
        }
        if (acknowledged && (at === undefined ? times.length === 0 : !times.includes(at))) {
          sum.lost++;
          note(`${value}${at === undefined ? '' : ` for ${at}`} is lost`);
        } else if (at !== undefined && times.some((time) => time !== at)) {
          sum.unexplained++;
          note(`${value} for ${at} is stored at ${times.join(' and ')}`);
        }
      }
      sum.unexplained += timesOf.size;
      for (const value of timesOf.keys()) note(`${value} was never sent`);
    }
    return { ...sum, examples };
  }
}
