export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels: Labels;
  /** Upper bounds of the buckets, included, ascending; a last bucket without a bound follows. */
  readonly bounds: readonly number[];
  /** Observations in each bucket, one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

interface Described {
  /** By the conventions of Prometheus: a prefix, base units, `_total` for a counter. */
  readonly name: string;
  /** One sentence for people. */
  readonly help: string;
}

/** A metric with all its series, as it stands now. */
export type MetricFamily =
  | (Described & { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] })
  | (Described & { readonly type: 'histogram'; readonly histograms: readonly HistogramSample[] });

/** One figure, or one for each set of labels. A figure that is not known is left out. */
export type Figures = number | undefined | readonly (readonly [labels: Labels, value: number | undefined])[];

export function counterOf(name: string, help: string, figures: Figures): MetricFamily {
  return { name, help, type: 'counter', samples: samplesOf(figures) };
}

export function gaugeOf(name: string, help: string, figures: Figures): MetricFamily {
  return { name, help, type: 'gauge', samples: samplesOf(figures) };
}

function samplesOf(figures: Figures): Sample[] {
  const all = typeof figures === 'object' ? figures : [[{}, figures] as const];
  return all.flatMap(([labels, value]) => (value === undefined ? [] : [{ labels, value }]));
}
