/** One line of a sample, as Prometheus reads it. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadMetric {
  readonly help: string;
  readonly type: string;
  readonly samples: ReadSample[];
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

/**
 * A strict reader of the text format 0.0.4, by its specification: HELP, TYPE and samples of a metric together and once,
 * no series twice, buckets that add up. Throws with the line that is wrong.
 */
export function readTextFormat(text: string): Map<string, ReadMetric> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, ReadMetric>();
  const seen = new Set<string>();
  let name = '';
  let help = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const wrong = (why: string) => new Error(`${why}: ${line}`);
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line);
    if (comment?.[1] === 'HELP') {
      name = comment[2] ?? '';
      help = unescaped(comment[3] ?? '');
      if (metrics.has(name)) throw wrong('a metric twice');
      continue;
    }
    if (comment?.[1] === 'TYPE') {
      if (comment[2] !== name || metrics.has(name)) throw wrong('a TYPE without its HELP');
      if (!/^(counter|gauge|histogram)$/.test(comment[3] ?? '')) throw wrong('no such type');
      metrics.set(name, { help, type: comment[3] ?? '', samples: [] });
      continue;
    }
    const found = sampleLine.exec(line);
    const metric = metrics.get(name);
    if (!found || !metric) throw wrong('not a sample of the metric before it');
    const sample = {
      name: found[1] ?? '',
      labels: labelsOf(found[2] ?? ''),
      value: numberOf(found[3] ?? ''),
    };
    const suffix = sample.name.slice(name.length);
    const suffixes = metric.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!sample.name.startsWith(name) || !suffixes.includes(suffix))
      throw wrong('a sample of another metric');
    const series = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(series)) throw wrong('a series twice');
    seen.add(series);
    metric.samples.push(sample);
  }
  for (const [each, metric] of metrics) checkConventions(each, metric);
  return metrics;
}

function checkConventions(name: string, { type, help, samples }: ReadMetric): void {
  if ((type === 'counter') !== name.endsWith('_total'))
    throw new Error(`${name}: _total is for counters, all of them`);
  if (help === '') throw new Error(`${name} has no help`);
  if (type !== 'gauge' && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name} is below nothing`);
  if (type !== 'histogram') return;
  for (const count of samples.filter((each) => each.name.endsWith('_count'))) {
    const own = JSON.stringify(count.labels);
    const buckets = samples.filter(
      ({ name: each, labels: { le: _, ...labels } }) =>
        each.endsWith('_bucket') && JSON.stringify(labels) === own,
    );
    const values = buckets.map(({ value }) => value);
    if (values.some((value, index) => value < (values[index - 1] ?? 0)))
      throw new Error(`${name}: buckets go down`);
    if (buckets.at(-1)?.labels.le !== '+Inf' || values.at(-1) !== count.value)
      throw new Error(`${name}: no last bucket`);
  }
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  for (let at = 0; at < text.length; at = labelPair.lastIndex) {
    const found = labelPair.exec(text);
    if (!found?.[1] || found[1] in labels) throw new Error(`labels that cannot be read: {${text}}`);
    labels[found[1]] = unescaped(found[2] ?? '');
  }
  return labels;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

function numberOf(text: string): number {
  const named: Record<string, number> = { '+Inf': Infinity, '-Inf': -Infinity, NaN: Number.NaN };
  if (Object.hasOwn(named, text)) return named[text] ?? 0;
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) throw new Error(`no number: ${text}`);
  return Number(text);
}
