import { FakeClock, readTextFormat } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counterOf, formatMetrics, gaugeOf, type MetricFamily, Registry } from '../../src/metrics/index.ts';

function newRegistry() {
  const clock = new FakeClock();
  const failures: string[] = [];
  const onFailure = (source: string) => failures.push(source);
  return { clock, failures, registry: new Registry({ prefix: 'test', clock, onFailure }) };
}

async function scrape(registry: Registry) {
  return readTextFormat(formatMetrics(await registry.read()));
}

test('what is written is what a reader of the format gets back, whatever the texts hold', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('\\', '"', '\n', '\\n', '},{a="', ''),
  );
  const value = fc.oneof(fc.double(), fc.integer());
  const family = fc.tuple(text, fc.uniqueArray(fc.tuple(text, value), { selector: ([label]) => label }));
  fc.assert(
    fc.property(family, ([help, series]) => {
      const written: MetricFamily = gaugeOf(
        'a_gauge',
        `h${help}`,
        series.map(([a, v]) => [{ a, b: 'x' }, v]),
      );
      const read = readTextFormat(formatMetrics([written])).get('a_gauge');
      expect(read?.samples ?? []).toEqual(
        series.map(([a, v]) => ({ name: 'a_gauge', labels: { a, b: 'x' }, value: v === 0 ? 0 : v })),
      );
      if (read) expect(read.help).toBe(`h${help}`);
    }),
  );
});

test('buckets of a histogram count all that is not above their bound', async () => {
  const { registry } = newRegistry();
  const histogram = registry.histogram({
    name: 'test_seconds',
    help: 'A time.',
    bounds: [0.1, 1],
    labelNames: ['route'],
  });
  for (const seconds of [0.05, 0.1, 0.5, 7]) histogram.observe(seconds, '/a');
  const samples = (await scrape(registry)).get('test_seconds')?.samples ?? [];
  expect(samples.map(({ name, labels, value }) => [name.slice(12), labels.le, value])).toEqual([
    ['_bucket', '0.1', 2],
    ['_bucket', '1', 3],
    ['_bucket', '+Inf', 4],
    ['_sum', undefined, 7.65],
    ['_count', undefined, 4],
  ]);
});

test('labels without bound end in one series of others, and a counter shows it', async () => {
  const { registry } = newRegistry();
  const counter = registry.counter('test_calls_total', 'Calls.', ['route', 'status'], 3);
  for (let call = 0; call < 10; call++) counter.add(1, `/${call}`, '200');
  counter.add(1, '/0', '200');
  const read = await scrape(registry);
  expect(read.get('test_calls_total')?.samples.map(({ labels, value }) => [labels.route, value])).toEqual([
    ['/0', 2],
    ['/1', 1],
    ['/2', 1],
    ['other', 7],
  ]);
  expect(read.get('test_metrics_overflow_total')?.samples).toEqual([
    { name: 'test_metrics_overflow_total', labels: { metric: 'test_calls_total' }, value: 7 },
  ]);
});

test('a source that gives too many series is cut, and a counter shows it', async () => {
  const { registry } = newRegistry();
  registry.source('many', () => [
    gaugeOf(
      'test_many',
      'Many.',
      Array.from({ length: 2_005 }, (_, index) => [{ index: String(index) }, index]),
    ),
  ]);
  const read = await scrape(registry);
  expect(read.get('test_many')?.samples).toHaveLength(2_000);
  expect(read.get('test_metrics_overflow_total')?.samples[0]?.value).toBe(5);
});

test('a source that fails or hangs takes no other figure with it', async () => {
  const { registry, clock, failures } = newRegistry();
  registry.source('good', () => [counterOf('test_good_total', 'Good.', 1)]);
  registry.source('bad', () => {
    throw new Error('bad');
  });
  registry.source('hangs', () => new Promise(() => undefined));
  const reading = scrape(registry);
  await clock.advance(5_000);
  const read = await reading;
  expect(read.get('test_good_total')?.samples[0]?.value).toBe(1);
  expect(read.get('test_metrics_source_failures_total')?.samples.map(({ labels }) => labels.source)).toEqual([
    'bad',
    'hangs',
  ]);
  expect(failures).toEqual(['bad', 'hangs']);
});

test('those who read at the same time share one look, and nobody looks when nobody reads', async () => {
  const { registry } = newRegistry();
  let looks = 0;
  registry.source('counted', async () => {
    looks++;
    return [];
  });
  expect(looks).toBe(0);
  await Promise.all([registry.read(), registry.read(), registry.read()]);
  expect(looks).toBe(1);
  await registry.read();
  expect(looks).toBe(2);
});

test('a figure that is not known is left out, and its metric named', () => {
  const text = formatMetrics([gaugeOf('test_unknown', 'Unknown.', undefined)]);
  expect(text).toBe('# HELP test_unknown Unknown.\n# TYPE test_unknown gauge\n');
});
