import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayAliases } from '@gateway-engine/device-api';
import { silentLogger, systemClock } from '@gateway-engine/host';
import { type RunningPlatform, serve } from '@gateway-engine/platform';
import {
  ContentList,
  DeviceDetail,
  DeviceList,
  History,
  ProductList,
} from '@gateway-engine/platform/admin-api';
import { AdminClient } from '@gateway-engine/platform/admin-client';
import { temporaryFolder } from '@gateway-engine/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kinds } from '../../seed/kinds.ts';
import { type Condition, conditions, planFleet } from '../../seed/plan-fleet.ts';
import { sowFleet } from '../../seed/sow-fleet.ts';

const until = Math.floor(Date.now() / 1000) - 60;
const plan = { devices: 20, seed: 'test', until, days: 2 };
const fleet = planFleet(plan);
const withCondition = (condition: Condition) => fleet.find((each) => each.condition === condition)!;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let platform: RunningPlatform;
let admin: AdminClient;
let token: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  platform = await serve({
    dataDirectory: folder.path,
    listen: { host: '127.0.0.1', port: 0 },
    logger: silentLogger,
  });
  ({ token } = JSON.parse(await readFile(join(folder.path, 'admin.json'), 'utf8')) as { token: string });
  admin = new AdminClient({ url: new URL(platform.url), token });
  await sow();
});

afterAll(async () => {
  await platform?.stop();
  await folder?.[Symbol.asyncDispose]();
});

async function sow(options: { beat?: boolean } = {}): Promise<void> {
  const sown = await sowFleet(
    { ...plan, platform: platform.url, token, everySeconds: 3600, rate: 2_000 },
    { clock: systemClock, say: () => {} },
  );
  if (options.beat) await sown.beat();
  sown.close();
}

function device(condition: Condition): Promise<DeviceDetail> {
  const { kind, sn } = withCondition(condition);
  return admin.get(DeviceDetail, ['products', kind.product, 'devices', sn]);
}

async function latest(condition: Condition, alias: string): Promise<string> {
  const { resources } = await device(condition);
  return resources.find((each) => each.alias === alias)?.latest?.value ?? '';
}

async function history(condition: Condition, alias: string): Promise<History['points']> {
  const { kind, sn } = withCondition(condition);
  const path = ['products', kind.product, 'devices', sn, 'resources', alias, 'history'];
  return (await admin.get(History, path, { limit: '10000', sort: 'asc' })).points;
}

test('every kind is a product with its gateways, its resources and three versions to install', async () => {
  const { products } = await admin.get(ProductList, ['products']);
  expect(products.map(({ id, devices }) => [id, devices]).sort()).toEqual([
    ['cold-chain', 7],
    ['pump-station', 7],
    ['solar-park', 6],
  ]);
  for (const { product, measurements } of kinds) {
    const resources = products.find(({ id }) => id === product)?.resources.map(({ alias }) => alias);
    expect(resources).toEqual(expect.arrayContaining(measurements.map(({ alias }) => alias)));
    const { content } = await admin.get(ContentList, ['products', product, 'content']);
    expect(content).toHaveLength(3);
  }
});

test('a fleet of twenty has every condition, and all but the one never seen have activated', async () => {
  expect(new Set(fleet.map(({ condition }) => condition))).toEqual(new Set(conditions));
  const lists = await Promise.all(
    kinds.map(({ product }) => admin.get(DeviceList, ['products', product, 'devices'])),
  );
  const devices = lists.flatMap((list) => list.devices);
  const asleep = devices.filter(({ status }) => status !== 'activated').map(({ sn }) => sn);
  expect(asleep).toEqual([withCondition('never-seen').sn]);
  expect(devices.find(({ sn }) => sn === asleep[0])?.last_contact).toBeNull();
});

test('reports have the documented shapes and say what is wrong with a gateway', async () => {
  const info = JSON.parse(await latest('wrong-clock', gatewayAliases.deviceInfo));
  expect(info).toMatchObject({ clock: { state: 'off', offset: -5403 } });
  for (const key of ['uname', 'df', 'free'] as const) expect(info[key]).toEqual(expect.any(String));
  expect(info.ipaddrs).toEqual([expect.stringMatching(/^\w+: 10\./)]);

  const { kind, versions } = withCondition('crashing');
  const report = JSON.parse(await latest('crashing', gatewayAliases.engineReport));
  const app = report.apps.find((entry: object) => kind.app in entry)[kind.app];
  expect(app).toMatchObject({ status: 'BACKOFF', version: versions[1], exitstatus: 1 });
  expect(report.apps.every((entry: object) => Object.keys(entry).length === 1)).toBe(true);

  const usage = JSON.parse(await latest('well', gatewayAliases.usageReport));
  const [network] = Object.values(usage) as { top_consumer: string; gmq: { record: object } }[];
  expect(network?.top_consumer).toMatch(/^(?:gmq|gwe)$/);
  expect(network?.gmq.record).toMatchObject({ num: expect.any(Number), month: expect.any(Object) });
});

test('a failed install is in fetch_status, with the version before still reported', async () => {
  const { kind } = withCondition('failed-install');
  const [, middle, newest] = kind.versions;
  expect(await latest('failed-install', gatewayAliases.fetchStatus)).toMatch(
    new RegExp(`^${kind.app}\\.v${newest}\\.tar\\.gz: not installed: install\\.sh exited with status 3\n`),
  );
  const report = await latest('failed-install', gatewayAliases.engineReport);
  expect(report).toContain(`"version":"${middle}"`);
});

test('a gateway that is offline stopped writing long ago and has an instruction waiting', async () => {
  const { kind, lastSeen } = withCondition('offline');
  const points = await history('offline', kind.measurements[0]!.alias);
  expect(points.at(-1)![0]).toBeLessThanOrEqual(lastSeen);
  expect(lastSeen).toBeLessThan(until - 3600);
  expect(JSON.parse(await latest('offline', gatewayAliases.engineFetch)).install).toHaveLength(1);
});

test('sown a second time it is the same fleet with the same points, and those that are up go on', async () => {
  const { alias } = withCondition('well').kind.measurements[0]!;
  const before = await history('well', alias);
  expect(before.length).toBeGreaterThanOrEqual(47);
  await sow({ beat: true });
  const after = await history('well', alias);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after).toHaveLength(before.length + 1);
  const offline = await history('offline', withCondition('offline').kind.measurements[0]!.alias);
  expect(offline.at(-1)![0]).toBeLessThan(until);
});
