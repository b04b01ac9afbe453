import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningPlatform, runCommandLine, startPlatform } from '@gateway-engine/demo';
import { trafficTotals } from '@gateway-engine/device-client';
import { runToEnd, systemClock } from '@gateway-engine/host';
import { freePort, runtimeCommand, temporaryFolder } from '@gateway-engine/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pythonEnvironment } from '../src/python.ts';
import { product, root } from '../src/system.ts';

const parts = { clock: systemClock, onPid: () => {}, onRestart: () => {} };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let platform: RunningPlatform;

const operator = (...args: string[]) =>
  runCommandLine('gwe-platform', args, {
    env: {
      ...process.env,
      GWE_PLATFORM_URL: platform.url,
      GWE_PLATFORM_TOKEN: platform.administrator.token,
    },
  });

beforeAll(async () => {
  folder = await temporaryFolder();
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

test.each(['bun', 'node22', 'python'] as const)(
  'every call of the device API works on %s',
  async (runtime) => {
    await operator('device', 'add', product, runtime);
    const accounts = join(folder.path, `${runtime}.db`);
    const [command = '', ...args] = commands[runtime]();
    const result = await runToEnd(command, [...args, platform.url, product, runtime, 'notes.txt'], {
      env: { ...process.env, GWE_TRAFFIC_DB: accounts, ...pythonEnvironment },
      timeoutMs: 60_000,
    });
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
    const methods = trafficTotals(accounts).map((total) => `${total.interface} ${total.method} ${total.num}`);
    expect(methods).toEqual(
      expect.arrayContaining(['lo write 2', 'lo record 1', 'lo download 1', 'lo longpoll 2']),
    );
  },
);
