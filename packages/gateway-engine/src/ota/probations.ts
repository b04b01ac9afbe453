import type { Clock } from '@gateway-engine/host';
import { judgeTimes, type ProbationFinding } from './probation.ts';

const shortestLookMs = 100;
/** A long probation needs no more looks than a short one: no crash is missed between two of them. */
const looks = 30;
const leastPauseMs = 1_000;
const longestPauseMs = 10_000;

interface Watch {
  /** Monotonic. */
  readonly since: number;
  readonly wellSince: number | undefined;
}

/**
 * How long the new versions on probation have been well. Not kept on disk: the monotonic clock of another process says
 * nothing, and after a restart of the engine a probation begins anew.
 */
export class Probations {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #watches = new Map<number, Watch>();
  /** Milliseconds that a new version has to be well. */
  readonly wantedMs: number;

  constructor(seconds: number, clock: Pick<Clock, 'monotonic'>) {
    this.wantedMs = seconds * 1000;
    this.#clock = clock;
  }

  /** Takes what a look has found of an install, and tells whether its probation is over. */
  add(id: number, finding: ProbationFinding): ReturnType<typeof judgeTimes> {
    const now = this.#clock.monotonic();
    const before = finding.kind === 'anew' ? undefined : this.#watches.get(id);
    const since = before?.since ?? now;
    const wellSince = finding.kind === 'well' ? (before?.wellSince ?? now) : undefined;
    this.#watches.set(id, { since, wellSince });
    const wellMs = wellSince === undefined ? undefined : now - wellSince;
    return judgeTimes(finding, { wellMs, wholeMs: now - since, wantedMs: this.wantedMs });
  }

  forget(id: number): void {
    this.#watches.delete(id);
  }

  /** Milliseconds that are still missing if all goes well. */
  leftMs(id: number): number {
    const { wellSince } = this.#watches.get(id) ?? {};
    if (wellSince === undefined) return this.wantedMs;
    return Math.max(0, this.wantedMs - (this.#clock.monotonic() - wellSince));
  }

  /** When to look again. */
  nextLookMs(id: number): number {
    const pause = Math.max(leastPauseMs, Math.min(longestPauseMs, this.wantedMs / looks));
    return Math.max(shortestLookMs, Math.min(pause, this.leftMs(id)));
  }
}
