import { spawn } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatEngineFetch } from '@gateway-engine/device-api';
import { runToEnd } from '@gateway-engine/host';
import { rawTarball, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { homeLayout } from '../../src/home/layout.ts';
import { packageOf } from '../ota/gateway-kit.ts';
import { FakePlatform } from './fake-platform.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const timeout = 60_000;

/** An address that is not the loopback's, so that what goes there goes over an interface with a budget. */
function ownAddress(): string {
  const [address] = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  if (!address) throw new Error('this machine has no interface with an IPv4 address but the loopback');
  return address.address;
}

/** A gateway with this budget and its engine as a process. */
async function startGateway(platform: FakePlatform, home: string, budget: string) {
  const { GWE_TRAFFIC_DB: _, ...environment } = process.env;
  const env = { ...environment, GWE_HOME: home };
  const gwe = (...args: string[]) => runToEnd(process.execPath, [main, ...args], { env, timeoutMs: timeout });
  await gwe('-P', 'prod', '-u', 'sn', '-c', platform.cik ?? '', '--set-server', platform.url, '-t', '1');
  const { engineConfig } = homeLayout(home);
  expect(await readFile(engineConfig, 'utf8')).toContain('[budget]\n');
  await appendFile(engineConfig, `${budget}\n`);
  const engine = spawn(process.execPath, [main], { env, stdio: 'ignore' });
  return {
    gwe,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => engine.once('exit', resolve));
      if (engine.exitCode !== null || !engine.kill()) return;
      await ended;
    },
  };
}

it('a gateway over its budget says so at the platform and by gwe status, and sends nothing more', {
  timeout,
}, async () => {
  await using platform = await FakePlatform.start(ownAddress());
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(platform, folder.path, '* = 1kB/day');
  const report = await waitUntil(
    'the report of what waits',
    () => platform.written('engine_report').find((text) => text.includes('"control"')),
    { timeoutMs: timeout },
  );
  const { waits } = JSON.parse(report).engine;
  expect(waits.map((wait: { class: string }) => wait.class)).toEqual(['control', 'data', 'update', 'log']);
  expect(waits[0].until % 86_400).toBe(0);
  // The reports before it were full; of this one only what says why nothing follows.
  const last = platform.checkIns().at(-1);
  expect([...(last?.written.keys() ?? [])]).toEqual(['engine_report']);
  const { output } = await gateway.gwe('status');
  expect(output).toMatch(/control waits until \S+Z \(reports and long polls;/);
  expect(output).toMatch(/of 1\.0 kB used, 0 B left/);
  expect(platform.checkIns().at(-1)).toBe(last);
});

it('a download stops where the budget for updates ends, and check-ins go on', { timeout }, async () => {
  await using platform = await FakePlatform.start(ownAddress());
  await using folder = await temporaryFolder();
  platform.content.set('big.v1.tar.gz', rawTarball(packageOf([`# ${noise(3_000_000)}`])));
  platform.values.set('engine_fetch', formatEngineFetch({ install: ['big.v1.tar.gz'] }));
  await using gateway = await startGateway(platform, folder.path, '* = 1MB/day\nsacrifice = update 50%');
  const told = () => platform.written('engine_report').find((text) => text.includes('"waits"'));
  const report = await waitUntil('the report of what waits', told, { timeoutMs: timeout });
  expect(JSON.parse(report).engine.waits).toMatchObject([{ interface: '*', class: 'update' }]);
  const status = JSON.parse((await gateway.gwe('status', '--json')).output);
  expect(status.installs).toMatchObject([{ tarball: 'big.v1.tar.gz', state: 'downloading' }]);
  expect(status.budget[0].today.used).toBeGreaterThan(500_000);
  expect(status.budget[0].today.used).toBeLessThan(900_000);
  const before = platform.checkIns().length;
  await waitUntil('more check-ins', () => platform.checkIns().length > before + 1);
});

/** Text that cannot be compressed much. */
function noise(length: number): string {
  return Array.from({ length: length / 10 }, () => Math.random().toString(36).slice(2, 12)).join('');
}
