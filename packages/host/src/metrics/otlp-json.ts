import type { HistogramSample, Labels, MetricFamily, Sample } from './metric-family.ts';

export interface OtlpResource {
  /** Attributes of the resource, `service.name` among them. */
  readonly attributes: Labels;
  /** When this process started, and now: milliseconds since 1970. */
  readonly startMs: number;
  readonly nowMs: number;
}

/** AGGREGATION_TEMPORALITY_CUMULATIVE; enumerations are numbers in OTLP's JSON. */
const cumulative = 2;

/**
 * Families as an ExportMetricsServiceRequest in the JSON of OTLP: names in lowerCamelCase, 64-bit integers as texts.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function formatOtlp(families: readonly MetricFamily[], resource: OtlpResource): string {
  const filled = families.filter((family) =>
    family.type === 'histogram' ? family.histograms.length > 0 : family.samples.length > 0,
  );
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource.attributes) },
        scopeMetrics: [
          { scope: { name: 'gateway-engine' }, metrics: filled.map((family) => metricOf(family, resource)) },
        ],
      },
    ],
  });
}

function metricOf(family: MetricFamily, { startMs, nowMs }: OtlpResource) {
  const times = { startTimeUnixNano: nanoseconds(startMs), timeUnixNano: nanoseconds(nowMs) };
  const { name, help: description } = family;
  const described = { name, description, unit: unitOf(name) };
  switch (family.type) {
    case 'gauge':
      return {
        ...described,
        gauge: { dataPoints: numberPoints(family.samples, { timeUnixNano: times.timeUnixNano }) },
      };
    case 'counter':
      return {
        ...described,
        sum: {
          aggregationTemporality: cumulative,
          isMonotonic: true,
          dataPoints: numberPoints(family.samples, times),
        },
      };
    case 'histogram':
      return {
        ...described,
        histogram: {
          aggregationTemporality: cumulative,
          dataPoints: family.histograms.map((each) => ({ ...times, ...histogramPoint(each) })),
        },
      };
  }
}

/** JSON has no infinity and no NaN: such a point is left out. */
function numberPoints(samples: readonly Sample[], times: Readonly<Record<string, string>>) {
  return samples
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value }) => ({ attributes: attributesOf(labels), ...times, asDouble: value }));
}

function histogramPoint({ labels, bounds, counts, sum }: HistogramSample) {
  return {
    attributes: attributesOf(labels),
    count: String(counts.reduce((total, count) => total + count, 0)),
    sum,
    bucketCounts: counts.map(String),
    explicitBounds: bounds,
  };
}

function attributesOf(labels: Labels) {
  return Object.entries(labels).map(([key, value]) => ({
    key,
    value: { stringValue: value.toWellFormed() },
  }));
}

/** In UCUM, as OTLP has it. */
function unitOf(name: string): string {
  const base = name.replace(/_total$/, '');
  if (base.endsWith('_seconds')) return 's';
  if (base.endsWith('_bytes')) return 'By';
  if (base.endsWith('_celsius')) return 'Cel';
  return '1';
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.max(0, Math.round(ms))) * 1_000_000n);
}
