import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CountingRelay,
  runtimeCommand,
  selfSignedCertificate,
  temporaryFolder,
} from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { type DeviceClientOptions, pinOf, requestsSince, trafficTotals } from '../src/index.ts';
import { ProxyServer } from './support/proxy-server.ts';
import { answer, RawServer } from './support/raw-server.ts';

const program = fileURLToPath(new URL('./support/secure-calls.ts', import.meta.url));
const run = promisify(execFile);

// The plain calls are made on each runtime elsewhere, against a real platform.
test.each(['bun', 'node22'] as const)(
  'certificates, pins, a proxy and the counting of bytes work on %s',
  async (runtime) => {
    const own = selfSignedCertificate();
    const device = selfSignedCertificate();
    await using folder = await temporaryFolder();
    await using open = await RawServer.start(answer('200 OK', 'a=1'), own);
    await using strict = await RawServer.start(answer('200 OK', 'a=2'), {
      ...own,
      requestCert: true,
      ca: device.cert,
    });
    await using relay = await CountingRelay.start(open.port);
    await using proxy = await ProxyServer.start();
    const counted = `https://127.0.0.1:${relay.port}`;
    const given: { name: string; options: DeviceClientOptions; calls?: number }[] = [
      { name: 'counted', options: { server: counted, ca: own.cert }, calls: 3 },
      { name: 'unknown authority', options: { server: open.url } },
      { name: 'pinned', options: { server: open.url, ca: own.cert, pins: [pinOf(own.cert)] } },
      { name: 'not pinned', options: { server: open.url, ca: own.cert, pins: [pinOf(device.cert)] } },
      { name: 'certificate', options: { server: strict.url, ca: own.cert, ...device } },
      {
        name: 'proxy',
        options: {
          server: `https://m2.example.com:${open.port}`,
          serverName: 'localhost',
          ca: own.cert,
          proxy: proxy.url,
        },
        calls: 2,
      },
    ];
    const accounts = join(folder.path, 'ifaces.db');
    const [command = '', ...args] = [...runtimeCommand(runtime, program), JSON.stringify(given)];
    const { stdout } = await run(command, args, { env: { ...process.env, GWE_TRAFFIC_DB: accounts } });
    const outcomes = JSON.parse(stdout);
    expect(outcomes).toMatchObject({
      counted: '1',
      'unknown authority': expect.stringMatching(/^NETWORK /),
      pinned: '1',
      'not pinned': expect.stringMatching(/^NETWORK /),
      certificate: '2',
      proxy: '1',
    });
    expect(outcomes['counted, bytes']).toBe(relay.sent + relay.received);
    expect(proxy.asked).toEqual([`CONNECT m2.example.com:${open.port} `]);
    expect(requestsSince(accounts, 0).map(({ status }) => status)).toEqual([
      ...[200, 200, 200],
      undefined,
      200,
      undefined,
      ...[200, 200, 200],
    ]);
    expect(trafficTotals(accounts)).toMatchObject([{ interface: 'lo', program: 'secure', num: 9 }]);
  },
  120_000,
);
