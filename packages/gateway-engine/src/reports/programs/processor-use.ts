import { type ProcessEntry, ticksPerSecond } from './process-table.ts';

interface Look {
  readonly ticks: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Shares of a processor that programs took since the look before; the time of ended children counts for their parent. */
export class ProcessorUse {
  #before = new Map<number, Look>();

  /** Percent of one processor by process id; left out for those seen for the first time. */
  measure(families: ReadonlyMap<number, readonly ProcessEntry[]>, at: number): Map<number, number> {
    const looks = new Map<number, Look>();
    const shares = new Map<number, number>();
    for (const [pid, family] of families) {
      const look = { ticks: family.reduce((sum, { ticks }) => sum + ticks, 0), at };
      looks.set(pid, look);
      const before = this.#before.get(pid);
      if (!before || at <= before.at) continue;
      // A descendant that left the family takes its time with it.
      const seconds = Math.max(0, look.ticks - before.ticks) / ticksPerSecond;
      shares.set(pid, Math.round((1_000_000 * seconds) / (at - before.at)) / 10);
    }
    this.#before = looks;
    return shares;
  }
}
