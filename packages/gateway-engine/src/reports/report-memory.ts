/** A full report once a day tells what small steps have come to, and repairs what the platform may have lost. */
const fullAfterMs = 24 * 3_600_000;

/** How a report is made, and when one is worth sending. */
export interface ReportKind<T> {
  readonly alias: string;
  /** The facts, without what is only text for people. */
  look(): Promise<T>;
  changed(sent: T, now: T): boolean;
  /** The report as it is sent. */
  text(facts: T): Promise<string>;
}

/** Reports that are to be sent now, and what is behind them, for `delivered`. */
export interface DueReports {
  readonly values: readonly (readonly [alias: string, text: string])[];
  readonly facts: ReadonlyMap<string, unknown>;
  readonly full: boolean;
}

/**
 * Knows what the platform has been told, so that only what changed is sent: everything at the start of the engine and
 * once a day, in between a report alone when its facts have moved.
 */
export class ReportMemory {
  readonly #kinds: readonly ReportKind<unknown>[];
  readonly #monotonic: () => number;
  #sent = new Map<string, unknown>();
  #fullAt: number | undefined;

  constructor(kinds: readonly ReportKind<unknown>[], monotonic: () => number) {
    this.#kinds = kinds;
    this.#monotonic = monotonic;
  }

  /** `only`: this report at most, when the budget has no room for the others. */
  async due(only?: string): Promise<DueReports> {
    const isTime = this.#fullAt === undefined || this.#monotonic() - this.#fullAt >= fullAfterMs;
    const full = isTime && only === undefined;
    const facts = new Map<string, unknown>();
    const values: [string, string][] = [];
    for (const kind of this.#kinds) {
      const { alias } = kind;
      if (only !== undefined && alias !== only) continue;
      const now = await kind.look();
      if (!full && this.#sent.has(alias) && !kind.changed(this.#sent.get(alias), now)) continue;
      facts.set(alias, now);
      values.push([alias, await kind.text(now)]);
    }
    return { values, facts, full };
  }

  delivered({ facts, full }: DueReports): void {
    for (const [alias, told] of facts) this.#sent.set(alias, told);
    if (full) this.#fullAt = this.#monotonic();
  }

  /** The platform may know nothing any more: the next reports are full. */
  forget(): void {
    this.#fullAt = undefined;
    this.#sent = new Map();
  }
}
