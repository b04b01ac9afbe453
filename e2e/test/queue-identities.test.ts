import { join } from 'node:path';
import { trafficTotals } from '@gateway-engine/device-client';
import { waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { product, System, sn } from '../src/system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

/** What a program on the gateway does: a plain form to the queue, in the name of somebody. */
async function post(path: string, body: string, headers: Record<string, string>): Promise<number> {
  const answer = await fetch(`${system.gmqUrl}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8', ...headers },
    body,
  });
  return answer.status;
}

const valueOfDevice = async (device: string, alias: string) =>
  JSON.parse(await system.operator('device', 'read', product, device, alias, '--json')).latest?.value as
    | string
    | undefined;

const arrives = (device: string, alias: string, value: string) =>
  waitUntil(`${alias} of ${device}`, async () => (await valueOfDevice(device, alias)) === value, {
    timeoutMs: 20_000,
  });

test('a device behind the gateway is activated by the queue at its first write', async () => {
  await system.operator('device', 'add', product, 'any!@#$%^&*()x');
  const vms = { 'X-Exosite-VMS': `${product} ${product} any!@#$%^&*()x` };
  expect(await post('/onep:v1/stack/alias', 'text=first', vms)).toBe(204);
  await arrives('any!@#$%^&*()x', 'text', 'first');
});

test('a device that the platform learns of later gets its records then', async () => {
  const vms = { 'X-Exosite-VMS': `${product} ${product} late` };
  expect(await post('/onep:v1/stack/alias', 'text=waiting', vms)).toBe(204);
  await system.operator('device', 'add', product, 'late');
  expect(await post('/provision/activate', `vendor=${product}&model=${product}&sn=late`, {})).toBe(204);
  await arrives('late', 'text', 'waiting');
});

test('the gateway itself may be named, and VMS counts before the key', async () => {
  const cik = (await system.command('gwe', ['-C'])).trim();
  expect(await post('/onep:v1/stack/alias', 'text=by+key', { 'X-Exosite-CIK': cik })).toBe(204);
  await arrives(sn, 'text', 'by key');
  const both = { 'X-Exosite-VMS': `${product} ${product} ${sn}`, 'X-Exosite-CIK': 'f'.repeat(40) };
  expect(await post('/onep:v1/stack/alias', 'text=by+name', both)).toBe(204);
  await arrives(sn, 'text', 'by name');
});

test('any value survives the way from a program to the platform', async () => {
  const value = 'a&b=c +%25 100% \r\n "quoted" {"json":true} ü 🌊 end';
  const headers = { 'X-Exosite-VMS': `${product} ${product} ${sn}` };
  expect(await post('/onep:v1/stack/alias', `text=${encodeURIComponent(value)}`, headers)).toBe(204);
  await arrives(sn, 'text', value);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(await post('/onep:v1/stack/alias', 'text=', headers)).toBe(204);
  await arrives(sn, 'text', '');
});

test('a batch of records goes to the platform compressed, at less than a tenth of a write each', async () => {
  const records = 3000;
  const lines = Array.from({ length: records }, (_, index) =>
    JSON.stringify({
      alias: 'test',
      value: 20 + Math.round(50 * Math.sin(index / 50)) / 10,
      at: 1_760_000_000 + 5 * index,
    }),
  );
  const sent = () =>
    trafficTotals(join(system.home, 'var', 'ifaces.db'))
      .filter(({ program, method }) => program === 'gmq' && method === 'record')
      .reduce((sum, { tot_tx, tot_rx }) => sum + tot_tx + tot_rx, 0);
  const before = sent();
  const answer = await fetch(`${system.gmqUrl}/batch`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson', 'X-Exosite-VMS': `${product} ${product} ${sn}` },
    body: lines.join('\n'),
  });
  expect(answer.status).toBe(204);
  await system.command('gmq', ['drain', '--timeout', '60']);
  const newest = await system.operator('device', 'history', product, sn, 'test', '--limit', '300', '--json');
  const wanted = lines.slice(-300).map((line) => JSON.parse(line) as { at: number; value: number });
  const { points } = JSON.parse(newest) as { points: [number, string][] };
  expect(points.reverse()).toEqual(wanted.map(({ at, value }) => [at, String(value)]));
  await waitUntil('the account', () => sent() > before);
  // A plain write takes some 350 bytes both ways.
  expect((sent() - before) / records).toBeLessThan(20);
});

test('a gateway whose key is dead activates itself again when the operator enables it, and its queue follows', async () => {
  const before = (await system.command('gwe', ['-C'])).trim();
  await system.operator('device', 'enable', product, sn);
  await waitUntil('another key', async () => (await system.command('gwe', ['-C'])).trim() !== before, {
    timeoutMs: 30_000,
  });
  const headers = { 'X-Exosite-VMS': `${product} ${product} ${sn}` };
  expect(await post('/onep:v1/stack/alias', 'text=with+the+new+key', headers)).toBe(204);
  await arrives(sn, 'text', 'with the new key');
});
