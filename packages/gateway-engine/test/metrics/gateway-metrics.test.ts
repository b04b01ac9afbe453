import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { changeGatewayCfg, trafficTotals } from '@gateway-engine/device-client';
import { freePort, OtlpCollector, readTextFormat, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { changeEngineConfig, type EngineConfigChange } from '../../src/configuration/engine-config.ts';
import { homeLayout } from '../../src/home/layout.ts';
import { prepareHome } from '../../src/home/prepare.ts';
import { ProcessorTime } from '../../src/metrics/processor-time.ts';
import { FakePlatform } from '../check-in/fake-platform.ts';

/** An address that is not the loopback's, on whose interface a budget counts. */
function ownAddress(): string {
  const [address] = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  if (!address) throw new Error('this machine has no interface with an IPv4 address but the loopback');
  return address.address;
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** A gwe process whose home says where its metrics go. */
async function running(settings: {
  metrics?: Readonly<Record<string, string>>;
  changes?: readonly EngineConfigChange[];
  env?: Readonly<Record<string, string>>;
  failWith?: number;
  /** Where the platform is. */
  host?: string;
}) {
  const folder = await temporaryFolder();
  const platform = await FakePlatform.start(settings.host);
  platform.failWith = settings.failWith;
  const port = await freePort();
  const layout = homeLayout(folder.path);
  await prepareHome({ home: folder.path, server: platform.url, gmqListen: `127.0.0.1:${await freePort()}` });
  await changeGatewayCfg(layout.gatewayCfg, { vendor: 'prod', model: 'prod', uuid: 'sn 1' });
  const metrics = Object.entries({ listen: `127.0.0.1:${port}`, ...settings.metrics });
  await changeEngineConfig(layout, [
    ...metrics.map(([option, value]): EngineConfigChange => [option, value, 'metrics']),
    ...(settings.changes ?? []),
  ]);
  let log = '';
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: { ...process.env, GWE_HOME: folder.path, GWE_TRAFFIC_DB: layout.accounts, ...settings.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.on('data', (text) => {
    log += text;
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    await platform[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  const scrape = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const read = readTextFormat(await answer.text());
    return (name: string, labels: Record<string, string> = {}) =>
      read
        .get(name)
        ?.samples.find(({ labels: own }) =>
          Object.entries(labels).every(([label, value]) => own[label] === value),
        )?.value;
  };
  const until = (what: string, is: (figure: Awaited<ReturnType<typeof scrape>>) => boolean) =>
    waitUntil(
      what,
      async () => {
        const figure = await scrape();
        return is(figure) && figure;
      },
      { timeoutMs: 20_000 },
    );
  return { platform, layout, port, child, log: () => log, scrape, until };
}

test('one scrape tells of the engine, the machine, the network and the budget', async () => {
  const { until } = await running({
    changes: [['*', '50MB/day 100MB/month', 'budget']],
    host: ownAddress(),
  });
  // One that ends during a scrape is counted already, and its age is told by the next.
  const figure = await until(
    'a check-in',
    (read) =>
      (read('gwe_check_ins_total', { outcome: 'done' }) ?? 0) > 0 &&
      read('gwe_last_check_in_age_seconds') !== undefined,
  );
  expect(figure('gwe_build_info')).toBe(1);
  expect(figure('gwe_gateway_info', { vendor: 'prod', model: 'prod', serial: 'sn 1' })).toBe(1);
  expect(figure('gwe_last_check_in_age_seconds')).toBeLessThan(20);
  expect(figure('gwe_clock_offset_seconds')).toBeDefined();
  expect(figure('gwe_memory_size_bytes')).toBeGreaterThan(figure('gwe_memory_available_bytes') ?? 0);
  expect(figure('gwe_filesystem_size_bytes', {})).toBeGreaterThan(0);
  expect(figure('gwe_budget_limit_bytes', { interface: '*', period: 'day' })).toBe(50 * 1000 ** 2);
  // Neither the supervisor nor the queue runs here: all the rest is told nevertheless.
  expect(figure('gwe_supervisor_up')).toBe(0);
  expect(figure('gwe_queue_up')).toBe(0);
  const later = await until(
    'own traffic',
    (read) =>
      (read('gwe_network_bytes_total', { program: 'gwe' }) ?? 0) > 0 &&
      (read('gwe_budget_used_bytes', { period: 'day' }) ?? 0) > 0,
  );
  expect(later('gwe_metrics_source_failures_total')).toBeUndefined();
});

test('check-ins that fail are counted by reason', async () => {
  const { until } = await running({ failWith: 503 });
  await until(
    'a failure',
    (read) => (read('gwe_check_ins_total', { outcome: 'failed', reason: 'http-503' }) ?? 0) > 0,
  );
});

test('a collector gets the figures, and what that cost is accounted for', async () => {
  await using collector = await OtlpCollector.start();
  const { layout, until } = await running({ metrics: { otlp_endpoint: collector.url, otlp_interval: '1' } });
  const push = await waitUntil('a push', () => collector.pushes[0], { timeoutMs: 20_000 });
  expect(collector.faults).toEqual([]);
  expect(push.resource).toMatchObject({ 'service.name': 'gwe', 'service.instance.id': 'sn 1' });
  expect(push.points.map(({ metric }) => metric)).toEqual(
    expect.arrayContaining(['gwe_check_ins_total', 'gwe_memory_size_bytes', 'gwe_interface_bytes_total']),
  );
  await until('the count', (read) => (read('gwe_otlp_pushes_total', { outcome: 'sent' }) ?? 0) > 0);
  const ofLogs = await waitUntil('the account', () =>
    trafficTotals(layout.accounts).find((each) => each.class === 'log'),
  );
  expect(ofLogs).toMatchObject({ interface: 'lo', program: 'gwe', method: 'other' });
  expect(ofLogs.tot_tx).toBeGreaterThan(500);
});

test('the byte budget holds pushes back', async () => {
  await using collector = await OtlpCollector.start(ownAddress());
  const { until } = await running({
    metrics: { otlp_endpoint: collector.url, otlp_interval: '1' },
    changes: [['*', '1kB/day', 'budget']],
    host: ownAddress(),
  });
  await until(
    'pushes that are held',
    (read) => (read('gwe_otlp_pushes_total', { outcome: 'held' }) ?? 0) > 0,
  );
});

test('a collector that hangs, an address that is taken and wrong headers do the gateway no harm', async () => {
  const hanging = createServer(() => undefined);
  await new Promise<void>((done) => hanging.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  const { port } = hanging.address() as AddressInfo;
  const { platform, log, child } = await running({
    metrics: { listen: `127.0.0.1:${port}`, otlp_endpoint: `http://127.0.0.1:${port}`, otlp_interval: '1' },
    env: { OTEL_EXPORTER_OTLP_TIMEOUT: '1000' },
  });
  await waitUntil('the log of both', () => /metrics cannot be pushed/.test(log()) && log(), {
    timeoutMs: 20_000,
  });
  expect(log()).toMatch(/no metrics on 127\.0\.0\.1:\d+ \(\[metrics\] listen\).*EADDRINUSE/);
  await waitUntil('a check-in', () => platform.checkIns().length > 0);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
});

test('nothing is loaded and no port is open when nobody wants metrics', async () => {
  const { platform, port, log } = await running({ metrics: { listen: '' } });
  await waitUntil('a check-in', () => platform.checkIns().length > 0);
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  expect(log()).not.toContain('metrics');
});

test('processor time of a program goes on over a restart and never back', () => {
  const time = new ProcessorTime();
  const look = (pid: number, ticks: number) => time.look([{ key: 'a', pid, ticks }]);
  look(1, 100);
  look(1, 250);
  expect(time.seconds('a')).toBe(2.5);
  // A descendant has left with its time.
  look(1, 200);
  expect(time.seconds('a')).toBe(2.5);
  look(0, 0);
  look(2, 50);
  expect(time.seconds('a')).toBe(3);
});
