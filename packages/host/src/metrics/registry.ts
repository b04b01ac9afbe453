import type { Clock } from '../clock.ts';
import { Counter, Histogram, type HistogramOptions } from './instruments.ts';
import { counterOf, type MetricFamily } from './metric-family.ts';

export interface RegistryOptions {
  /** What the names of the registry's own metrics begin with, such as `gmq`. */
  readonly prefix: string;
  readonly clock: Pick<Clock, 'after'>;
  /** Told of a source that failed; the other figures are given all the same. */
  readonly onFailure: (source: string, error: unknown) => void;
}

type Look = () => readonly MetricFamily[] | Promise<readonly MetricFamily[]>;

/** A source that takes longer has failed: whoever asks gives up after ten seconds, usually. */
const patienceMs = 4_000;
/** Series of one metric that a source may give; the rest is left out, and counted. */
const mostSeries = 2_000;

/**
 * The metrics of one process: counters and histograms that are kept along, and sources that are looked at only when
 * somebody reads. Those who read at the same time share one look.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #instruments: (Counter | Histogram)[] = [];
  readonly #sources: { readonly name: string; readonly look: Look }[] = [];
  readonly #failures: Counter;
  readonly #overflow = new Map<string, number>();
  #reading: Promise<readonly MetricFamily[]> | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#failures = this.counter(
      `${options.prefix}_metrics_source_failures_total`,
      'Reads of metrics in which a source of them failed or took too long.',
      ['source'],
    );
  }

  counter(name: string, help: string, labelNames: readonly string[] = [], most?: number): Counter {
    const counter = new Counter({ name, help, labelNames, ...(most !== undefined && { most }) });
    this.#instruments.push(counter);
    return counter;
  }

  histogram(options: HistogramOptions): Histogram {
    const histogram = new Histogram(options);
    this.#instruments.push(histogram);
    return histogram;
  }

  /** Adds what is looked at when somebody reads. `name` tells it apart when it fails. */
  source(name: string, look: Look): void {
    this.#sources.push({ name, look });
  }

  /** Never rejects. */
  read(): Promise<readonly MetricFamily[]> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<readonly MetricFamily[]> {
    const looked = await Promise.all(this.#sources.map((source) => this.#look(source.name, source.look)));
    const own = this.#instruments.map((instrument) => instrument.read());
    return [...own, ...looked.flat(), this.#overflowed()];
  }

  async #look(name: string, look: Look): Promise<readonly MetricFamily[]> {
    const late = Promise.withResolvers<never>();
    const limit = this.#options.clock.after(patienceMs, () =>
      late.reject(new Error(`no answer within ${patienceMs / 1000} s`)),
    );
    try {
      const found = await Promise.race([(async () => look())(), late.promise]);
      return found.map((family) => this.#withinBound(family));
    } catch (error) {
      this.#failures.add(1, name);
      this.#options.onFailure(name, error);
      return [];
    } finally {
      limit.cancel();
    }
  }

  #withinBound(family: MetricFamily): MetricFamily {
    const series = family.type === 'histogram' ? family.histograms.length : family.samples.length;
    if (series <= mostSeries) return family;
    this.#overflow.set(family.name, (this.#overflow.get(family.name) ?? 0) + series - mostSeries);
    return family.type === 'histogram'
      ? { ...family, histograms: family.histograms.slice(0, mostSeries) }
      : { ...family, samples: family.samples.slice(0, mostSeries) };
  }

  #overflowed(): MetricFamily {
    const kept = this.#instruments.map(({ name, overflow }) => [name, overflow] as const);
    const counts = [...kept, ...this.#overflow].filter(([, count]) => count > 0);
    return counterOf(
      `${this.#options.prefix}_metrics_overflow_total`,
      'What went beyond the bound on the series of a metric: counted with the labels "other", or left out.',
      counts.map(([metric, count]) => [{ metric }, count]),
    );
  }
}
