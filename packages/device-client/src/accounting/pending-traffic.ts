import { type DayTotal, dayOf, type TrafficEntry } from './entry.ts';

/**
 * What was not written yet, bounded: when the file cannot be written for long, the oldest single requests are given up
 * first, while the sums go on and stay true.
 */
export class PendingTraffic {
  readonly #limits: { readonly requests: number; readonly totals: number };
  #requests: TrafficEntry[] = [];
  #totals = new Map<string, DayTotal>();
  #dropped = 0;

  constructor(limits: { requests: number; totals: number }) {
    this.#limits = limits;
  }

  get requests(): readonly TrafficEntry[] {
    return this.#requests;
  }

  get totals(): Iterable<DayTotal> {
    return this.#totals.values();
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0 && this.#totals.size === 0;
  }

  /** Requests that are in no row `request`, or in no total, since there was no room for them. */
  get dropped(): number {
    return this.#dropped;
  }

  add(given: TrafficEntry): void {
    // The tables take whole numbers only, and one row they refuse would hold up all others.
    const entry = {
      ...given,
      time: whole(given.time),
      sent: whole(given.sent),
      received: whole(given.received),
    };
    this.#requests.push({ ...entry, duration: whole(given.duration) });
    const lost = this.#requests.length > this.#limits.requests ? this.#requests.splice(0, 1).length : 0;
    const summed = entry.interface === '' || this.#sum(entry);
    this.#dropped += lost + (summed ? 0 : 1);
  }

  clear(): void {
    this.#requests = [];
    this.#totals = new Map();
  }

  #sum(entry: TrafficEntry): boolean {
    const day = dayOf(entry.time);
    const key = [day, entry.interface, entry.program, entry.class, entry.method].join('\0');
    const before = this.#totals.get(key);
    if (!before && this.#totals.size >= this.#limits.totals) return false;
    this.#totals.set(key, {
      day,
      interface: entry.interface,
      program: entry.program,
      class: entry.class,
      method: entry.method,
      tot_rx: (before?.tot_rx ?? 0) + entry.received,
      max_rx: Math.max(before?.max_rx ?? 0, entry.received),
      tot_tx: (before?.tot_tx ?? 0) + entry.sent,
      max_tx: Math.max(before?.max_tx ?? 0, entry.sent),
      num: (before?.num ?? 0) + 1,
    });
    return true;
  }
}

function whole(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(0, Math.round(value)), Number.MAX_SAFE_INTEGER) : 0;
}
