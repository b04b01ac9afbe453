import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock, freePort } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dayOf } from '../../src/accounting/entry.ts';
import { parseInterfaceCounters } from '../../src/accounting/interface-counters.ts';
import { InterfaceNames } from '../../src/accounting/interface-name.ts';
import { programName } from '../../src/accounting/program-name.ts';
import {
  DeviceClient,
  interfaceCounters,
  requestsSince,
  TrafficLog,
  trafficFile,
  trafficTotals,
} from '../../src/index.ts';
import { answer, RawServer, rawThenCut } from '../support/raw-server.ts';
import { takeFolder } from '../support/take-folder.ts';

let folder: string;
let file: string;

beforeEach(() =>
  takeFolder((path) => {
    folder = path;
    file = join(path, 'ifaces.db');
  }),
);

describe('a client', () => {
  const before = process.env.GWE_TRAFFIC_DB;
  afterEach(() => {
    if (before === undefined) delete process.env.GWE_TRAFFIC_DB;
    else process.env.GWE_TRAFFIC_DB = before;
  });

  test('accounts for every try of every call, with its kind and class, where the environment says', async () => {
    process.env.GWE_TRAFFIC_DB = file;
    await using server = await RawServer.start([
      answer('204 No Content'),
      answer('503 Service Unavailable'),
      answer('204 No Content'),
      rawThenCut(''),
    ]);
    const retry = { initialMs: 1, factor: 1, maximumMs: 1, jitter: 0 };
    const client = new DeviceClient({
      server: server.url,
      retry,
      program: 'pump control\n',
      trafficClass: 'log',
    });
    await client.write([['a', '1']]);
    await client.record([['a', [[1, '1']]]], { trafficClass: 'control' });
    await expect(client.writeRead([['a', '1']], ['a'])).rejects.toThrow();
    client.close();
    const { host } = new URL(server.url);
    const same = { program: 'pump control', interface: 'lo', host };
    const requests = requestsSince(file, 0);
    expect(requests).toMatchObject([
      { ...same, class: 'log', method: 'write', status: 204 },
      { ...same, class: 'control', method: 'record', status: 503 },
      { ...same, class: 'control', method: 'record', status: 204 },
      { ...same, class: 'log', method: 'write', status: undefined },
    ]);
    for (const { time, sent, duration } of requests) {
      expect(Math.abs(time - Date.now())).toBeLessThan(60_000);
      expect([sent > 50, duration >= 0]).toEqual([true, true]);
    }
  });

  test('accounts for nothing when told so, by option or by environment', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    process.env.GWE_TRAFFIC_DB = file;
    const off = new DeviceClient({ server: server.url, accounting: false });
    await off.write([['a', '1']]);
    off.close();
    process.env.GWE_TRAFFIC_DB = '';
    const none = new DeviceClient({ server: server.url });
    await none.write([['a', '1']]);
    none.close();
    expect(trafficTotals(file)).toEqual([]);
  });

  test('is not disturbed by a place where nothing can be written', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    const client = new DeviceClient({ server: server.url, accounting: '/proc/none/ifaces.db' });
    expect(await client.write([['a', '1']])).toMatchObject({ status: 204 });
    client.close();
  });

  test('leaves a shared log open for the others', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    const accounting = new TrafficLog({ file });
    for (let count = 0; count < 3; count++) {
      const client = new DeviceClient({ server: server.url, accounting });
      await client.write([['a', '1']]);
      client.close();
    }
    expect(requestsSince(file, 0)).toEqual([]);
    accounting.close();
    expect(requestsSince(file, 0)).toHaveLength(3);
  });

  test('of an attempt that reached nobody makes no total, but an entry', async () => {
    const client = new DeviceClient({ server: `http://127.0.0.1:${await freePort()}`, accounting: file });
    await expect(client.timestamp()).rejects.toThrow();
    client.close();
    expect(requestsSince(file, 0)).toMatchObject([{ interface: '', sent: 0, method: 'timestamp' }]);
    expect(trafficTotals(file)).toEqual([]);
  });
});

describe('where it goes', () => {
  test.each<[string | false | undefined, NodeJS.ProcessEnv, string | undefined]>([
    ['/a.db', { GWE_TRAFFIC_DB: '/b.db' }, '/a.db'],
    [undefined, { GWE_TRAFFIC_DB: '/b.db', GWE_HOME: '/g' }, '/b.db'],
    [undefined, { GWE_HOME: '/g' }, '/g/var/ifaces.db'],
    [undefined, { GWE_TRAFFIC_DB: '', GWE_HOME: '/g' }, undefined],
    ['', { GWE_HOME: '/g' }, undefined],
    [false, { GWE_HOME: '/g' }, undefined],
  ])('option %j and environment %j: %s', (option, env, expected) => {
    expect(trafficFile(option, env, folder)).toBe(expected);
  });

  test('without a home: a file that is one’s own, never a link or what is no file', () => {
    const own = join(folder, `ifaces-${process.getuid?.()}.db`);
    expect(trafficFile(undefined, {}, folder)).toBe(file);
    writeFileSync(file, '');
    expect(trafficFile(undefined, {}, folder)).toBe(file);
    symlinkSync('/etc/passwd', `${file}-wal`);
    expect(trafficFile(undefined, {}, folder)).toBe(own);
    symlinkSync('/etc/passwd', own);
    expect(trafficFile(undefined, {}, folder)).toBeUndefined();
  });
});

describe('the interface of a connection', () => {
  const interfaces = {
    eth0: [{ address: '10.0.0.5' }, { address: 'fe80::1' }],
    wlan0: [{ address: '10.0.1.9' }],
  };

  test.each([
    ['10.0.1.9', 'wlan0'],
    ['::ffff:10.0.0.5', 'eth0'],
    ['127.0.0.9', 'lo'],
    ['::1', 'lo'],
    ['fe80::7%usb0', 'usb0'],
    ['192.168.1.1', 'unknown'],
    [undefined, ''],
  ])('with local address %s is %j', (address, name) => {
    expect(
      new InterfaceNames(
        () => 0,
        () => interfaces,
      ).of(address),
    ).toBe(name);
  });

  test('is asked for once a minute, or when there is a new address', async () => {
    const clock = new FakeClock();
    let asked = 0;
    let addresses = ['10.0.0.1'];
    const names = new InterfaceNames(
      () => clock.monotonic(),
      () => {
        asked++;
        return { ppp0: addresses.map((address) => ({ address })) };
      },
    );
    for (let count = 0; count < 5; count++) names.of('10.0.0.1');
    expect(asked).toBe(1);
    await clock.advance(2000);
    addresses = ['10.0.0.2'];
    expect([names.of('10.0.0.2'), names.of('10.0.0.3'), asked]).toEqual(['ppp0', 'unknown', 2]);
    await clock.advance(60_000);
    names.of('10.0.0.2');
    expect(asked).toBe(3);
  });
});

describe('the counters of the kernel', () => {
  test('are there for the loopback', async () => {
    expect(await interfaceCounters()).toContainEqual(expect.objectContaining({ interface: 'lo' }));
    expect(await interfaceCounters('/none')).toEqual([]);
  });

  test('are read from whatever widths there are', () => {
    const text = [
      'Inter-|   Receive                            |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs',
      '    lo: 100 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0',
      'eth0:1234567890123 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0',
      'broken: x',
    ].join('\n');
    expect(parseInterfaceCounters(text)).toEqual([
      { interface: 'lo', rxBytes: 100, txBytes: 200 },
      { interface: 'eth0', rxBytes: 1_234_567_890_123, txBytes: 5 },
    ]);
  });

  test('any text is read', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        for (const each of parseInterfaceCounters(text)) expect(each.rxBytes).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

test('a program is named after its script, without the extension', () => {
  expect(programName(['node', '/usr/lib/gmq.mjs'])).toBe('gmq');
  expect(programName(['/usr/local/bin/gdc'])).toBe('gdc');
  expect([programName([]), programName(['node', `/a/b\n${'c'.repeat(90)}.py`])]).toEqual([
    'unknown',
    `b ${'c'.repeat(58)}`,
  ]);
});

test('every time has a day', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.double()), (time) => {
      expect(dayOf(time)).toMatch(/^\d{4}-\d\d-\d\d$/);
    }),
  );
  expect(dayOf(Date.UTC(2026, 10, 22, 23, 59, 59, 999))).toBe('2026-11-22');
});
