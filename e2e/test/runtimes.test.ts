import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commandLine,
  operatorVariables,
  type RunningPlatform,
  runCommandLine,
  startPlatform,
} from '@gateway-engine/demo';
import { trafficTotals } from '@gateway-engine/device-client';
import { runToEnd, systemClock } from '@gateway-engine/host';
import { freePort, type Runtime, runtimeCommand, temporaryFolder } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CountingFront, makeCertificate } from '../src/counting-front.ts';
import { pythonEnvironment } from '../src/python.ts';
import { product, root } from '../src/system.ts';

const parts = { clock: systemClock, onPid: () => {}, onRestart: () => {} };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let platform: RunningPlatform;
let certificate: { cert: string; key: string };

const operator = (...args: string[]) =>
  runCommandLine('gwe-platform', args, { env: { ...process.env, ...operatorVariables(platform) } });

beforeAll(async () => {
  folder = await temporaryFolder();
  certificate = makeCertificate(folder.path);
  await mkdir(join(folder.path, 'pages'));
  platform = await startPlatform(
    {
      data: join(folder.path, 'platform'),
      port: await freePort(),
      pages: join(folder.path, 'pages'),
      logFile: join(folder.path, 'platform.log'),
    },
    parts,
  );
  await operator('product', 'create', product, '--resource', 'text:string', '--resource', 'test:float');
  await writeFile(join(folder.path, 'notes.txt'), '0123456789');
  await operator('content', 'upload', product, join(folder.path, 'notes.txt'));
});

afterAll(async () => {
  await platform?.process.stop();
  await folder?.[Symbol.asyncDispose]();
});

const calls = join(root, 'e2e', 'src', 'device-calls.ts');
const commands = {
  bun: () => runtimeCommand('bun', calls),
  node22: () => runtimeCommand('node22', calls),
  python: () => ['python3', join(root, 'e2e', 'src', 'device_calls.py')],
};

describe.each(['bun', 'node22', 'python'] as const)('every call of the device API on %s', (runtime) => {
  test.each(['http', 'https'])(
    'works by %s, and every byte on the line is accounted for',
    async (protocol) => {
      const sn = `${runtime}-${protocol}`;
      await operator('device', 'add', product, sn);
      const accounts = join(folder.path, `${sn}.db`);
      using front = new CountingFront(platform.url, protocol === 'https' ? certificate : undefined);
      const [command = '', ...args] = commands[runtime]();
      const ca = protocol === 'https' ? [certificate.cert] : [];
      const result = await runToEnd(
        command,
        [...args, await front.listen(), product, sn, 'notes.txt', ...ca],
        {
          env: { ...process.env, GWE_TRAFFIC_DB: accounts, ...pythonEnvironment },
          timeoutMs: 60_000,
        },
      );
      expect(result).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(result.output)).toEqual({
        again: 409,
        clock: true,
        written: 204,
        recorded: 204,
        read: { text: 'a&b=c +% ü 🌊', test: '2.5' },
        both: { text: 'second' },
        polled: { value: '2.5', after: -10 },
        missed: null,
        listed: ['notes.txt'],
        size: 10,
        downloaded: '456789',
      });
      const totals = trafficTotals(accounts);
      const counted = totals.map((total) => `${total.interface} ${total.class} ${total.method} ${total.num}`);
      expect(counted.sort()).toEqual([
        'lo data activate 2',
        'lo data content 2',
        'lo data download 1',
        'lo data longpoll 2',
        'lo data read 1',
        'lo data record 1',
        'lo data timestamp 1',
        'lo data write 2',
      ]);
      const sum = (of: 'tot_rx' | 'tot_tx') => totals.reduce((total, each) => total + each[of], 0);
      const { fromClients, toClients } = front.bytes;
      // The farewell of a connection comes after its last request.
      expect(fromClients - sum('tot_tx')).toBeGreaterThanOrEqual(0);
      expect(fromClients - sum('tot_tx')).toBeLessThan(100);
      expect(Math.abs(toClients - sum('tot_rx'))).toBeLessThan(100);
    },
  );
});

test('programs of every runtime account in one file at the same time, and nothing is lost', async () => {
  const accounts = join(folder.path, 'together.db');
  const inTypeScript = join(root, 'e2e', 'src', 'account.ts');
  const writers = [
    [process.execPath, inTypeScript],
    runtimeCommand('bun', inTypeScript),
    runtimeCommand('node22', inTypeScript),
    ['python3', join(root, 'e2e', 'src', 'account.py')],
  ];
  const ends = writers.map(async ([command = '', ...args]) => {
    const env = { ...process.env, ...pythonEnvironment };
    const result = await runToEnd(command, [...args, accounts, '100'], { env, timeoutMs: 60_000 });
    return `${result.exitCode} ${result.output}`;
  });
  expect(await Promise.all(ends)).toEqual(writers.map(() => '0 '));
  expect(trafficTotals(accounts)).toMatchObject([
    { program: 'together', num: 400, tot_rx: 400, tot_tx: 800 },
  ]);
});

test.each<Runtime>(['bun', 'node22'])('gdc runs on %s', async (name) => {
  const [command = '', ...args] = runtimeCommand(name, commandLine('gdc')[1] ?? '');
  const result = await runToEnd(command, [...args, '--server', platform.url, 'timestamp'], {
    env: { ...process.env, GWE_TRAFFIC_DB: '' },
    timeoutMs: 60_000,
  });
  expect(result.output).toMatch(/^\d{10}\n$/);
});
