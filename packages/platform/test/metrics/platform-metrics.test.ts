import { readFile } from 'node:fs/promises';
import { createLogger, silentLogger } from '@gateway-engine/host';
import { otlpSettings } from '@gateway-engine/host/metrics';
import { OtlpCollector, readTextFormat, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type ServeOptions, serve } from '../../src/index.ts';
import { ListenError } from '../../src/listen-address.ts';
import { fleetFigures, mostProducts } from '../../src/metrics/fleet-figures.ts';
import { installsTold } from '../../src/metrics/installs-told.ts';
import { RawClient } from '../device-api/raw-client.ts';

const anyPort = { host: '127.0.0.1', port: 0 };
const form = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' };

async function running(metrics: ServeOptions['metrics'] = { listen: anyPort }) {
  const folder = await temporaryFolder();
  const platform = await serve({
    dataDirectory: folder.path,
    listen: anyPort,
    metrics,
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await platform.stop();
    await folder[Symbol.asyncDispose]();
  });
  const { token } = JSON.parse(await readFile(`${folder.path}/admin.json`, 'utf8'));
  const authorization = { Authorization: `Bearer ${token}` };
  const admin = (method: string, path: string, body?: unknown) =>
    fetch(`${platform.url}${path}`, {
      method,
      headers: { ...authorization, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const scrape = async () => {
    const read = readTextFormat(await (await admin('GET', '/metrics')).text());
    return (name: string, labels: Record<string, string> = {}) =>
      read
        .get(name.replace(/_(count|bucket|sum)$/, ''))
        ?.samples.find(
          (sample) =>
            sample.name === name &&
            Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
        )?.value;
  };
  /** A product `pump` with its device A, activated. */
  const device = async () => {
    const resources = [{ alias: 'x', format: 'string', settable: false }];
    expect((await admin('POST', '/api/v1/products', { id: 'pump', resources })).status).toBe(201);
    expect((await admin('POST', '/api/v1/products/pump/devices', { sn: 'A' })).status).toBe(201);
    const client = await RawClient.connect(platform.address.port);
    onTestFinished(() => client[Symbol.dispose]());
    const { body: cik } = await client.answerTo(
      'POST',
      '/provision/activate',
      form,
      'vendor=pump&model=pump&sn=A',
    );
    return { client, key: { ...form, 'X-Exosite-CIK': cik } };
  };
  return { platform, folder: folder.path, token, admin, scrape, device };
}

test('requests count by the template of their route, with nothing of whoever sent them', async () => {
  const { device, scrape, admin } = await running();
  const { client, key } = await device();
  await client.answerTo('POST', '/onep:v1/stack/alias', key, 'x=1');
  await client.answerTo('POST', '/api:v1/stack/alias/secret-alias', key, '1760000000=1');
  await client.answerTo('GET', `/onep:v1/${'f'.repeat(40)}`, key);
  await admin('GET', '/api/v1/products/pump/devices/A');
  await admin('GET', '/api/v1/nothing-of-this-name');
  const text = await (await admin('GET', '/metrics')).text();
  expect(text).not.toMatch(/secret-alias|f{40}|nothing-of|"A"/);
  expect(text).not.toContain(key['X-Exosite-CIK']);
  const figure = await scrape();
  const requests = (labels: Record<string, string>) => figure('gwe_platform_requests_total', labels);
  expect(requests({ api: 'device', method: 'POST', route: '/onep:v1/stack/alias', status: '204' })).toBe(1);
  expect(requests({ route: '/onep:v1/stack/alias/:alias' })).toBe(1);
  expect(requests({ api: 'device', route: 'none', status: '404' })).toBe(1);
  expect(requests({ api: 'admin', route: 'none', status: '404' })).toBe(1);
  expect(requests({ api: 'admin', route: '/api/v1/products/:product/devices/:sn', status: '200' })).toBe(1);
  expect(figure('gwe_platform_request_duration_seconds_count', { route: '/onep:v1/stack/alias' })).toBe(1);
});

test('the fleet, its points, its long polls and what it tells of installs are seen', async () => {
  const { device, scrape, platform } = await running();
  const { client, key } = await device();
  const status = 'demo.v2.tar.gz: installed\n\nother.v1.tar.gz: failed: no space';
  await client.answerTo(
    'POST',
    '/onep:v1/stack/alias',
    key,
    `x=1&fetch_status=${encodeURIComponent(status)}`,
  );
  const before = await scrape();
  expect(before('gwe_platform_devices', { product: 'pump', status: 'activated' })).toBe(1);
  expect(before('gwe_platform_devices_online', { product: 'pump' })).toBe(1);
  expect(before('gwe_platform_points_stored_total')).toBe(2);
  expect(before('gwe_platform_installs_told_total', { outcome: 'installed' })).toBe(1);
  expect(before('gwe_platform_installs_told_total', { outcome: 'failed' })).toBe(1);
  expect(before('gwe_platform_database_bytes')).toBeGreaterThan(10_000);
  const poll = client.answerTo('GET', '/onep:v1/stack/alias?x', { ...key, 'Request-Timeout': '300000' });
  await waitUntil('the long poll', async () => (await scrape())('gwe_platform_long_polls_waiting') === 1);
  const other = await RawClient.connect(platform.address.port);
  onTestFinished(() => other[Symbol.dispose]());
  await other.answerTo('POST', '/onep:v1/stack/alias', key, 'x=2');
  await poll;
  const after = await scrape();
  expect(after('gwe_platform_long_polls_waiting')).toBe(0);
  // How long a poll waits is not how long the platform takes.
  expect(
    after('gwe_platform_request_duration_seconds_count', { method: 'GET', route: '/onep:v1/stack/alias' }),
  ).toBeUndefined();
});

test('metrics need a token, but on an address of their own', async () => {
  const { platform } = await running();
  expect((await fetch(`${platform.url}/metrics`)).status).toBe(401);
  const own = await fetch(`http://127.0.0.1:${platform.metricsAddress?.port}/metrics`);
  expect(readTextFormat(await own.text()).has('gwe_platform_build_info')).toBe(true);
  expect((await fetch(`http://127.0.0.1:${platform.metricsAddress?.port}/api/v1/products`)).status).toBe(404);
});

test('a metrics address that is taken is told with its option', async () => {
  const { platform } = await running();
  await using folder = await temporaryFolder();
  const starting = serve({
    dataDirectory: folder.path,
    listen: anyPort,
    metrics: { listen: platform.address },
    logger: createLogger({ name: 'test', level: 'CRITICAL', terminal: false }),
  });
  await expect(starting).rejects.toThrow(ListenError);
  await expect(starting).rejects.toThrow('--metrics-listen');
});

test('a collector gets the same figures', async () => {
  await using collector = await OtlpCollector.start();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_METRIC_EXPORT_INTERVAL: '1000' };
  await running({ otlp: otlpSettings(environment, { serviceName: 'gwe-platform' }) });
  const push = await waitUntil('a push', () => collector.pushes[0]);
  expect(push.resource).toEqual({ 'service.name': 'gwe-platform' });
  expect(push.points.map(({ metric }) => metric)).toContain('gwe_platform_database_bytes');
  expect(collector.faults).toEqual([]);
});

test('of very many products the largest have series of their own', () => {
  const products = Array.from({ length: mostProducts + 50 }, (_, index) => ({
    product: `p${index}`,
    status: 'activated' as const,
    devices: index + 1,
    online: 1,
  }));
  const [devices, online] = fleetFigures({ products, contents: { count: 0, bytes: 0 }, databaseBytes: 0 });
  if (devices?.type !== 'gauge' || online?.type !== 'gauge') throw new Error('not gauges');
  expect(devices.samples).toHaveLength(mostProducts + 1);
  expect(devices.samples.at(-1)).toEqual({
    labels: { product: 'other', status: 'activated' },
    value: (50 * 51) / 2,
  });
  expect(online.samples.at(-1)).toEqual({ labels: { product: 'other' }, value: 50 });
});

test('installs are read out of what the engine tells, and not out of what scripts print', () => {
  const text = [
    'a.v1.tar.gz: installed, but its program is not well',
    'its output:',
    'make: failed',
    '',
    'b.v1.tar.gz: not installed: it did not start',
    'c.v1.tar.gz: failed: no signature',
    'd.v1.tar.gz: waits for the window',
    'e: version 1 removed',
  ].join('\n');
  expect(installsTold(text)).toEqual(['installed', 'rolled-back', 'failed']);
});
