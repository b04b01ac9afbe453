import { BoundedSeries } from './bounded-series.ts';
import type { MetricFamily } from './metric-family.ts';

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Series at most; what comes beyond counts with the labels `other`. */
  readonly most?: number;
}

export interface HistogramOptions extends Described {
  readonly bounds: readonly number[];
}

const usualMost = 200;

/** What has happened so far. */
export class Counter {
  readonly #options: Described;
  readonly #series: BoundedSeries<{ value: number }>;

  constructor(options: Described) {
    this.#options = options;
    const { labelNames = [], most = usualMost } = options;
    this.#series = new BoundedSeries(labelNames, most, () => ({ value: 0 }));
    // A counter without labels is there from the start, at nothing.
    if (labelNames.length === 0) this.#series.of([]);
  }

  add(amount: number, ...labels: readonly string[]): void {
    this.#series.of(labels).value += amount;
  }

  get name(): string {
    return this.#options.name;
  }

  get overflow(): number {
    return this.#series.overflow;
  }

  read(): MetricFamily {
    const { name, help } = this.#options;
    const samples = this.#series.all.map(({ labels, state }) => ({ labels, value: state.value }));
    return { name, help, type: 'counter', samples };
  }
}

interface Buckets {
  readonly counts: number[];
  sum: number;
}

/** How often what was measured lay within which bounds. */
export class Histogram {
  readonly #options: HistogramOptions;
  readonly #series: BoundedSeries<Buckets>;

  constructor(options: HistogramOptions) {
    this.#options = options;
    const { labelNames = [], bounds, most = usualMost } = options;
    const none = () => ({ counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 });
    this.#series = new BoundedSeries(labelNames, most, none);
    if (labelNames.length === 0) this.#series.of([]);
  }

  observe(value: number, ...labels: readonly string[]): void {
    const { bounds } = this.#options;
    const buckets = this.#series.of(labels);
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++;
    buckets.counts[at] = (buckets.counts[at] ?? 0) + 1;
    buckets.sum += value;
  }

  get name(): string {
    return this.#options.name;
  }

  get overflow(): number {
    return this.#series.overflow;
  }

  read(): MetricFamily {
    const { name, help, bounds } = this.#options;
    const histograms = this.#series.all.map(({ labels, state }) => ({
      labels,
      bounds,
      counts: [...state.counts],
      sum: state.sum,
    }));
    return { name, help, type: 'histogram', histograms };
  }
}
