import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Of } from '@gateway-engine/app-package';
import { runToEnd } from '@gateway-engine/host';
import { rawTarball, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { homeLayout } from '../../src/home/layout.ts';
import { openEngineDatabase } from '../../src/state/database.ts';
import { TrustRecords } from '../../src/trust/trust-records.ts';
import { packageOf } from '../ota/gateway-kit.ts';
import { TrustedProduct } from './trusted-product.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const timeoutMs = 60_000;

/** Loaded before anything else of a process. */
const clockSince1970 = `
const started = performance.now();
const Real = Date;
const now = () => Math.floor(performance.now() - started) + 60_000;
globalThis.Date = class extends Real {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }
  static now = now;
};
`;

/** The engine as a process, on a home of its own, with a real platform. `since1970`: its clock has just begun there. */
async function startGateway(
  platform: TrustedProduct,
  options: { config?: string; rootSha256?: string; since1970?: boolean } = {},
) {
  const folder = await temporaryFolder();
  await mkdir(join(folder.path, 'etc'));
  await writeFile(join(folder.path, 'etc', 'Engine.config'), options.config ?? '');
  const clock = join(folder.path, 'clock.mjs');
  await writeFile(clock, clockSince1970);
  const { GWE_TRAFFIC_DB: _, ...environment } = process.env;
  const env = {
    ...environment,
    GWE_HOME: folder.path,
    ...(options.since1970 && { NODE_OPTIONS: `--import=${clock}` }),
  };
  const gwe = (...args: string[]) => runToEnd(process.execPath, [main, ...args], { env, timeoutMs });
  const root = options.rootSha256 === undefined ? [] : ['--root-sha256', options.rootSha256];
  await gwe('-P', platform.product, '-u', '1', '-c', platform.cik, '--set-server', platform.url, ...root);
  const engine = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  engine.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const ended = new Promise((resolve) => engine.once('exit', resolve));
  return {
    gwe,
    folder: folder.path,
    log: () => log,
    async [Symbol.asyncDispose]() {
      engine.kill();
      await ended;
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface Value {
  readonly latest: { readonly value: string } | null;
}

const device = 'products/pump/devices/1';

async function newestOf(platform: TrustedProduct, alias: string): Promise<string> {
  const { latest } = (await platform.admin('GET', `${device}/resources/${alias}`)) as Value;
  return latest?.value ?? '';
}

/** Writes the instruction as an operator does, and gives what the gateway says came of it. */
async function install(platform: TrustedProduct, tarball: string): Promise<string> {
  await platform.admin('POST', `${device}/deploy`, { install: [tarball] });
  return await waitUntil(
    `the outcome of ${tarball}`,
    async () => {
      const status = await newestOf(platform, 'fetch_status');
      return status.startsWith(`${tarball}: `) && !status.includes('installing ...') && status;
    },
    { timeoutMs },
  );
}

const script = (text: string) => rawTarball(packageOf([`echo ${text}`]));

test('a gateway pins the root at its first check-in, installs what is signed, and nothing else', {
  timeout: 2 * timeoutMs,
}, async () => {
  await using platform = await TrustedProduct.start();
  const root = await platform.putRoot();
  await platform.publish('tool.v1.tar.gz', { bytes: script('one') });
  await platform.admin('PUT', 'products/pump/content/other.v1.tar.gz', script('other'));
  await using gateway = await startGateway(platform);
  const ota = async () => JSON.parse((await newestOf(platform, 'engine_report')) || '{}').engine?.ota;
  const pinned = `pinned the root of the product's signed updates, as the platform showed it first: sha256 ${sha256Of(root)}`;
  await waitUntil('the pin', () => gateway.log().includes(pinned), { timeoutMs });

  expect(await install(platform, 'tool.v1.tar.gz')).toBe(
    'tool.v1.tar.gz: installed\ninstall.sh exited with status 0\nits output:\none',
  );
  expect(await install(platform, 'other.v1.tar.gz')).toMatch(
    /^other\.v1\.tar\.gz: failed: .*is not among the signed releases of product pump/,
  );
  // Somebody with the platform's token puts other bytes in its place.
  await platform.admin('PUT', 'products/pump/content/tool.v1.tar.gz', script('evil'));
  expect(await install(platform, 'tool.v1.tar.gz')).toMatch(/^tool\.v1\.tar\.gz: failed: /);
  const told = await waitUntil('the report', async () => ((await ota())?.targets === 1 ? ota() : undefined), {
    timeoutMs,
  });
  expect(told).toEqual({ verify: 'required', root_sha256: sha256Of(root), targets: 1 });

  // The same of files at the gateway itself.
  const file = join(gateway.folder, 'tool.v1.tar.gz');
  await writeFile(file, script('evil'));
  expect(await gateway.gwe('-I', file)).toMatchObject({ exitCode: 1 });
  const unsigned = join(gateway.folder, 'other.v1.tar.gz');
  await writeFile(unsigned, script('other'));
  const refused = await gateway.gwe('-I', unsigned);
  expect(refused.output).toContain(
    'other.v1.tar.gz: failed: other.v1.tar.gz is not among the signed releases',
  );
});

test('a gateway that is told of another root pins none and installs nothing', {
  timeout: timeoutMs,
}, async () => {
  await using platform = await TrustedProduct.start();
  await platform.putRoot();
  await platform.publish('tool.v1.tar.gz', { bytes: script('one') });
  await using gateway = await startGateway(platform, { rootSha256: 'ab'.repeat(32) });
  await waitUntil('the refusal of the root', () => gateway.log().includes('not the pinned abab'), {
    timeoutMs,
  });
  const status = await install(platform, 'tool.v1.tar.gz');
  expect(status).toMatch(/failed: .*root of product pump is refused/);
});

test('with verify = off a gateway installs what is not signed, and says so of each install and in its report', {
  timeout: timeoutMs,
}, async () => {
  await using platform = await TrustedProduct.start();
  await platform.putRoot();
  await platform.admin('PUT', 'products/pump/content/other.v1.tar.gz', script('other'));
  await using gateway = await startGateway(platform, { config: '[ota]\nverify = off\n' });
  const because = 'verify = off in [ota] of Engine.config';
  expect(await install(platform, 'other.v1.tar.gz')).toContain(`installed\nwithout a signature: ${because}`);
  expect(gateway.log()).toContain(`other.v1.tar.gz is not signed: ${because}`);
  const report = await waitUntil('the report', () => newestOf(platform, 'engine_report'), { timeoutMs });
  expect(JSON.parse(report).engine.ota).toEqual({ verify: 'off' });
});

test('a gateway whose clock begins in 1970 pins the root, installs what is signed, and knows the time from then on', {
  timeout: timeoutMs,
}, async () => {
  await using platform = await TrustedProduct.start();
  await platform.putRoot();
  await platform.publish('tool.v1.tar.gz', { bytes: script('one') });
  await using gateway = await startGateway(platform, { since1970: true });
  expect(await install(platform, 'tool.v1.tar.gz')).toContain('tool.v1.tar.gz: installed');
  expect(gateway.log()).toMatch(/"time":\d{5,6},/);
  const database = await openEngineDatabase(homeLayout(gateway.folder));
  const { provenTime = 0 } = new TrustRecords(database).pin(platform.product) ?? {};
  database.close();
  expect(Math.abs(provenTime - Date.now() / 1000)).toBeLessThan(600);
});
