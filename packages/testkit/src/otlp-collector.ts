import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A point as a collector reads it. */
export interface CollectedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of a histogram: how many observations. */
  readonly value: number;
}

export interface CollectedPush {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly resource: Readonly<Record<string, string>>;
  readonly points: readonly CollectedPoint[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * An OpenTelemetry collector's HTTP side, as far as metrics in JSON go: it reads every field by the names of the protocol's
 * Protobuf definitions in lowerCamelCase and refuses with 400 what they do not have.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
export class OtlpCollector implements AsyncDisposable {
  readonly pushes: CollectedPush[] = [];
  /** What was wrong with requests that were refused. */
  readonly faults: string[] = [];
  /** Answers a request that was read; 200 and an empty answer unless set. */
  reply: ((response: ServerResponse) => void) | undefined;
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    try {
      const body = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      if (request.headers['content-type'] !== 'application/json') throw new Error('no JSON');
      const { url: path = '', headers } = request;
      this.pushes.push({ path, headers, ...readPush(JSON.parse(text.toString('utf8'))) });
      if (this.reply) this.reply(response);
      else response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    } catch (error) {
      this.faults.push(String(error));
      response.writeHead(400).end();
    }
  });

  static async start(host = '127.0.0.1'): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    await new Promise<void>((done) => collector.#server.listen(0, host, done));
    return collector;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

function readPush(request: Json): Pick<CollectedPush, 'resource' | 'points'> {
  const [ofResource] = listOf(fields(request, 'resourceMetrics').resourceMetrics);
  const { resource, scopeMetrics } = fields(ofResource, 'resource', 'scopeMetrics');
  const points = listOf(scopeMetrics).flatMap((each) => {
    const { scope, metrics } = fields(each, 'scope', 'metrics');
    fields(scope, 'name');
    return listOf(metrics).flatMap(readMetric);
  });
  return { resource: attributesOf(fields(resource, 'attributes').attributes), points };
}

function readMetric(metric: Json): CollectedPoint[] {
  const { name, description, unit, gauge, sum, histogram } = fields(
    metric,
    'name',
    'description',
    'unit',
    'gauge?',
    'sum?',
    'histogram?',
  );
  if (typeof name !== 'string' || typeof description !== 'string' || typeof unit !== 'string') {
    throw new Error('a metric without name, description or unit');
  }
  if ([gauge, sum, histogram].filter(Boolean).length !== 1) throw new Error(`${name}: not one of its kinds`);
  const point = (attributes: unknown, value: number) => ({
    metric: name,
    unit,
    attributes: attributesOf(attributes),
    value,
  });
  if (histogram)
    return cumulativePoints(histogram as Json).map((each) => point(each.attributes, buckets(each)));
  const own = gauge
    ? listOf(fields(gauge as Json, 'dataPoints').dataPoints)
    : cumulativePoints(sum as Json, 'isMonotonic');
  return own.map((each) => {
    const { attributes, timeUnixNano, asDouble } = fields(
      each,
      'attributes',
      'timeUnixNano',
      'asDouble',
      ...(gauge ? [] : ['startTimeUnixNano']),
    );
    integer(timeUnixNano);
    if (typeof asDouble !== 'number') throw new Error(`${name}: asDouble is no number`);
    return point(attributes, asDouble);
  });
}

function cumulativePoints(kind: Json, ...further: readonly string[]): readonly Json[] {
  const read = fields(kind, 'aggregationTemporality', 'dataPoints', ...further);
  if (read.aggregationTemporality !== 2) throw new Error('not cumulative');
  return listOf(read.dataPoints);
}

function buckets(point: Json): number {
  const read = fields(
    point,
    'attributes',
    'startTimeUnixNano',
    'timeUnixNano',
    'count',
    'sum',
    'bucketCounts',
    'explicitBounds',
  );
  const counts = (read.bucketCounts as unknown[]).map(integer);
  if (counts.length !== (read.explicitBounds as unknown[]).length + 1)
    throw new Error('buckets and bounds differ');
  const count = integer(read.count);
  if (counts.reduce((total, each) => total + each, 0) !== count) throw new Error('buckets do not add up');
  return count;
}

function attributesOf(list: unknown): Record<string, string> {
  return Object.fromEntries(
    listOf(list).map((each) => {
      const { key, value } = fields(each, 'key', 'value');
      return [String(key), String(fields(value, 'stringValue').stringValue)];
    }),
  );
}

/** Fixed and 64-bit integers are texts in the JSON of Protobuf. */
function integer(value: unknown): number {
  if (typeof value !== 'string' || !/^\d+$/.test(value))
    throw new Error(`${JSON.stringify(value)} is no integer`);
  return Number(value);
}

/** An object with these fields and no other; one with a question mark may be missing. */
function fields(value: unknown, ...names: readonly string[]): Json {
  if (typeof value !== 'object' || value === null) throw new Error(`no object with ${names.join(', ')}`);
  const known = new Set(names.map((name) => name.replace('?', '')));
  const strange = Object.keys(value).find((name) => !known.has(name));
  if (strange !== undefined) throw new Error(`a field ${strange} that the protocol does not have there`);
  const missing = names.find((name) => !name.endsWith('?') && !(name in value));
  if (missing !== undefined) throw new Error(`the field ${missing} is missing`);
  return value as Json;
}

function listOf(value: unknown): readonly Json[] {
  if (!Array.isArray(value)) throw new Error('no list');
  return value as Json[];
}
