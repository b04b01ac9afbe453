import type { Labels, MetricFamily } from './metric-family.ts';

/** https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4 */
export const textFormatType = 'text/plain; version=0.0.4; charset=utf-8';

/** Families as Prometheus reads them. One without a series is named all the same, so that its name is to be found. */
export function formatMetrics(families: readonly MetricFamily[]): string {
  return families.map(formatFamily).join('');
}

function formatFamily(family: MetricFamily): string {
  const { name, type } = family;
  const lines = family.type === 'histogram' ? histogramLines(family) : sampleLines(family);
  const help = escaped(family.help, /[\\\n]/g);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function sampleLines({ name, samples }: Extract<MetricFamily, { samples: unknown }>): string[] {
  return samples.map(({ labels, value }) => `${name}${labelText(labels)} ${numberText(value)}`);
}

function histogramLines({ name, histograms }: Extract<MetricFamily, { histograms: unknown }>): string[] {
  return histograms.flatMap(({ labels, bounds, counts, sum }) => {
    let below = 0;
    const buckets = counts.map((count, index) => {
      below += count;
      const le = numberText(bounds[index] ?? Number.POSITIVE_INFINITY);
      return `${name}_bucket${labelText({ ...labels, le })} ${below}`;
    });
    const own = labelText(labels);
    return [...buckets, `${name}_sum${own} ${numberText(sum)}`, `${name}_count${own} ${below}`];
  });
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value.toWellFormed(), /[\\\n"]/g)}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (letter) => (letter === '\n' ? '\\n' : `\\${letter}`));
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
