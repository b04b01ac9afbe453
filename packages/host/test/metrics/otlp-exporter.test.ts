import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  FakeClock,
  freePort,
  OtlpCollector,
  selfSignedCertificate,
  waitUntil,
} from '@gateway-engine/testkit';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import {
  counterOf,
  gaugeOf,
  type MetricFamily,
  OtlpExporter,
  type OtlpExporterParts,
  otlpSettings,
  type PushTraffic,
  Registry,
} from '../../src/metrics/index.ts';

const families: readonly MetricFamily[] = [
  counterOf('test_sent_bytes_total', 'Bytes.', [[{ interface: 'wwan0' }, 7]]),
  gaugeOf('test_depth', 'Depth.', [
    [{}, 3],
    [{ state: 'none' }, Number.NaN],
  ]),
];

function start(
  url: string,
  further: Partial<OtlpExporterParts> = {},
  environment: Record<string, string> = {},
) {
  const clock = new FakeClock();
  const log: string[] = [];
  const outcomes: string[] = [];
  const settings = otlpSettings(
    { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '1000', ...environment },
    { serviceName: 'test' },
  );
  if (!settings) throw new Error('nothing to push');
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line).msg) });
  const exporter = new OtlpExporter({
    settings,
    read: async () => families,
    clock,
    logger,
    onPush: (outcome) => outcomes.push(outcome),
    random: () => 0,
    ...further,
  });
  exporter.start();
  onTestFinished(() => exporter.stop());
  /** The next push and its end. */
  const next = async (afterMs: number) => {
    const before = outcomes.length;
    await clock.advance(afterMs);
    await waitUntil('a push', () => outcomes.length > before);
  };
  return { clock, log, outcomes, exporter, next };
}

async function refusing(status: number, headers: Record<string, string> = {}): Promise<string> {
  return await listening(
    createServer((request, response) => {
      request.resume();
      response.writeHead(status, headers).end();
    }),
  );
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a collector gets every figure by the names of the protocol', async () => {
  await using collector = await OtlpCollector.start();
  const traffic: PushTraffic[] = [];
  const registry = new Registry({ prefix: 'test', clock: new FakeClock(), onFailure: () => undefined });
  registry.histogram({ name: 'test_seconds', help: 'Time.', bounds: [1] }).observe(0.5);
  registry.source('families', () => families);
  const { next } = start(
    collector.url,
    { read: () => registry.read(), onTraffic: (each) => traffic.push(each) },
    {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc,x-a=b',
      OTEL_RESOURCE_ATTRIBUTES: 'site=north%2C1',
    },
  );
  await next(30_000);
  expect(collector.faults).toEqual([]);
  const [push] = collector.pushes;
  expect(push?.path).toBe('/v1/metrics');
  expect(push?.headers).toMatchObject({
    authorization: 'Bearer abc',
    'x-a': 'b',
    'content-encoding': 'gzip',
  });
  expect(push?.resource).toEqual({ site: 'north,1', 'service.name': 'test' });
  expect(push?.points).toEqual([
    { metric: 'test_seconds', unit: 's', attributes: {}, value: 1 },
    { metric: 'test_sent_bytes_total', unit: 'By', attributes: { interface: 'wwan0' }, value: 7 },
    { metric: 'test_depth', unit: '1', attributes: {}, value: 3 },
  ]);
  expect(traffic).toEqual([
    expect.objectContaining({ status: 200, localAddress: '127.0.0.1', host: new URL(collector.url).host }),
  ]);
  expect(traffic[0]?.bytesSent).toBeGreaterThan(300);
  expect(traffic[0]?.bytesReceived).toBeGreaterThan(50);
});

test('a collector that is away is tried again, less and less often, and the log says so once', async () => {
  const { next, log, outcomes, clock } = start(`http://127.0.0.1:${await freePort()}`);
  await next(30_000);
  const before = clock.monotonic();
  // The interval, and what the schedule adds.
  await clock.advance(64_000);
  expect(outcomes).toHaveLength(1);
  await next(1_000);
  await next(70_000);
  await next(80_000);
  expect(clock.monotonic() - before).toBe(215_000);
  expect(outcomes).toEqual(['failed', 'failed', 'failed', 'failed']);
  expect(log).toEqual([expect.stringMatching(/^metrics cannot be pushed to .*, trying on: .*ECONNREFUSED/)]);
});

test('a collector that hangs is given up after the time limit, and the stop does not wait for it', async () => {
  const url = await listening(createServer(() => undefined));
  const { next, log, exporter, clock } = start(url);
  await next(30_000);
  expect(log).toEqual([expect.stringContaining('no answer within 1 s')]);
  await clock.advance(65_000);
  await exporter.stop();
});

test('a collector that asks for time gets it', async () => {
  const { next, clock, outcomes } = start(await refusing(429, { 'Retry-After': '900' }));
  await next(30_000);
  await clock.advance(899_000);
  expect(outcomes).toEqual(['failed']);
  await next(1_000);
});

test('when a collector is back, the log says so, and the interval is the usual one', async () => {
  await using collector = await OtlpCollector.start();
  collector.reply = (response) => response.writeHead(503).end();
  const { next, log } = start(collector.url);
  await next(30_000);
  collector.reply = undefined;
  await next(65_000);
  await next(60_000);
  expect(log.map((line) => line.replace(/127\S+/, 'HOST'))).toEqual([
    'metrics cannot be pushed to HOST trying on: it answers 503',
    'metrics are pushed to HOST again',
  ]);
});

test('points that a collector refuses are said', async () => {
  await using collector = await OtlpCollector.start();
  const refusal = { partialSuccess: { rejectedDataPoints: '2', errorMessage: 'too old' } };
  collector.reply = (response) => response.writeHead(200).end(JSON.stringify(refusal));
  const { next, log, outcomes } = start(collector.url);
  await next(30_000);
  expect(outcomes).toEqual(['sent']);
  expect(log).toEqual([expect.stringContaining('2 points were refused: too old')]);
});

test('what may not go now is not sent', async () => {
  await using collector = await OtlpCollector.start();
  const { next, outcomes } = start(collector.url, { mayPush: async () => false });
  await next(30_000);
  expect(outcomes).toEqual(['held']);
  expect(collector.pushes).toEqual([]);
});

test('figures that cannot be read harm nobody', async () => {
  await using collector = await OtlpCollector.start();
  const { next, outcomes } = start(collector.url, { read: () => Promise.reject(new Error('broken')) });
  await next(30_000);
  expect(outcomes).toEqual(['failed']);
});

test('a collector whose certificate nobody vouches for gets no figures', async () => {
  const requests: unknown[] = [];
  const server = createSecureServer(selfSignedCertificate(), (request) => requests.push(request.url));
  const { port } = new URL(await listening(server));
  const { next, log, outcomes } = start(`https://localhost:${port}`);
  await next(30_000);
  expect(outcomes).toEqual(['failed']);
  expect(log).toEqual([expect.stringContaining('self-signed certificate')]);
  expect(requests).toEqual([]);
});
