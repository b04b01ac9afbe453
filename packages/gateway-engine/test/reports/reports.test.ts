import { openDatabase } from '@gateway-engine/host';
import type { ProcessInfo } from '@gateway-engine/supervisor';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { homeLayout } from '../../src/home/layout.ts';
import { deviceInfo } from '../../src/reports/device-info.ts';
import { engineReport, uptimeOf } from '../../src/reports/engine-report.ts';
import { UsageLedger } from '../../src/reports/usage-ledger.ts';
import { openEngineDatabase } from '../../src/state/database.ts';

describe('the uptime of a program', () => {
  it('is that of its process since its start, whatever the wall clock says', () => {
    const uptime = uptimeOf(process.pid) ?? -1;
    expect(Math.abs(uptime - process.uptime())).toBeLessThan(3);
    expect(uptimeOf(2 ** 23)).toBeUndefined();
  });
});

describe('device_info', () => {
  it('holds what the commands print', async () => {
    const info = await deviceInfo(async (command, args) => `output of ${[command, ...args].join(' ')}\n`);
    expect(info).toEqual({
      uname: 'output of uname -a',
      df: 'output of df -h',
      free: 'output of free',
      ipaddrs: expect.arrayContaining(['lo: 127.0.0.1']),
    });
  });

  it('comes from the kernel where the commands are missing', async () => {
    const info = await deviceInfo(async () => undefined);
    expect(info.uname).toMatch(/^Linux \S+ \S+/);
    expect(info.df).toMatch(/^Filesystem Size Used Avail Use% Mounted on\n(.+ \d+% \/.*\n?)+/);
    expect(info.free).toMatch(/^MemTotal: +\d+ kB\nMemFree:/);
  });

  it('of this machine has all its parts', async () => {
    const info = await deviceInfo();
    for (const text of [info.uname, info.df, info.free]) expect(text.length).toBeGreaterThan(10);
  });
});

describe('engine_report', () => {
  const process = (changes: Partial<ProcessInfo>): ProcessInfo => ({
    name: 'app',
    group: 'app',
    start: 100,
    stop: 0,
    now: 160,
    state: 20,
    statename: 'RUNNING',
    spawnerr: '',
    exitstatus: 0,
    logfile: '',
    stdout_logfile: '',
    stderr_logfile: '',
    // No process of this system.
    pid: 2 ** 23,
    description: '',
    ...changes,
  });

  it('has one entry for each application, with a process or without', () => {
    const report = engineReport(
      '1.2.3',
      [
        { name: 'app', version: '7' },
        { name: 'one-off', version: '1-2' },
      ],
      [process({}), process({ name: 'gwe', group: 'gwe', statename: 'FATAL', stop: 150, exitstatus: 3 })],
    );
    expect(report).toEqual({
      engine: { version: '1.2.3' },
      apps: [
        { app: { version: '7', status: 'RUNNING', uptime: 60, exitstatus: null } },
        { gwe: { version: '', status: 'FATAL', uptime: 0, exitstatus: 3 } },
        { 'one-off': { version: '1-2', status: '', uptime: 0, exitstatus: null } },
      ],
    });
  });

  it('shows an application of several processes once, by one that is not well', () => {
    const { apps } = engineReport(
      '1',
      [],
      [process({ name: 'a_00' }), process({ name: 'a_01', statename: 'BACKOFF' })],
    );
    expect(apps).toHaveLength(1);
    expect(apps[0]?.app?.status).toBe('BACKOFF');
  });

  it('still lists the versions when the supervisor does not answer', () => {
    expect(engineReport('1', [{ name: 'app', version: '7' }], undefined).apps).toEqual([
      { app: { version: '7', status: '', uptime: 0, exitstatus: null } },
    ]);
  });
});

describe('usage_report', () => {
  const addresses = () => [
    { interface: 'lo', address: '127.0.0.1' },
    { interface: 'eth0', address: '192.0.2.7' },
    { interface: 'wlan0', address: '192.0.2.8' },
  ];
  const request = { method: 'POST', path: '/onep:v1/stack/alias', bytesSent: 100, bytesReceived: 10 };

  it('has interface, consumer and method with the five numbers, and survives a restart', async () => {
    await using folder = await temporaryFolder();
    const database = await openEngineDatabase(homeLayout(folder.path));
    const ledger = new UsageLedger(database, 'gwe', addresses);
    ledger.add({ ...request, localAddress: '192.0.2.7' });
    ledger.add({ ...request, bytesSent: 300, bytesReceived: 5, localAddress: '::ffff:192.0.2.7' });
    ledger.add({ ...request, path: '/provision/download', method: 'GET', localAddress: '192.0.2.7' });
    ledger.add({ ...request, localAddress: undefined });
    ledger.report();
    const next = new UsageLedger(database, 'gwe', addresses);
    next.add({ ...request, localAddress: '127.0.0.1' });
    expect(next.report()).toEqual({
      lo: {
        top_consumer: 'gwe',
        gwe: { write: { tot_rx: 10, max_rx: 10, tot_tx: 100, max_tx: 100, num: 1 } },
      },
      eth0: {
        top_consumer: 'gwe',
        gwe: {
          write: { tot_rx: 15, max_rx: 10, tot_tx: 400, max_tx: 300, num: 2 },
          download: { tot_rx: 10, max_rx: 10, tot_tx: 100, max_tx: 100, num: 1 },
        },
      },
      wlan0: { top_consumer: '' },
    });
    database.close();
  });

  it('keeps to what its reader can take: keys of three letters, a short consumer', () => {
    const database = openDatabase(':memory:', [
      'CREATE TABLE usage (interface TEXT, consumer TEXT, method TEXT, tot_rx INTEGER, max_rx INTEGER, tot_tx INTEGER, max_tx INTEGER, num INTEGER, PRIMARY KEY (interface, consumer, method))',
    ]);
    const ledger = new UsageLedger(database, 'x'.repeat(300), addresses);
    for (const path of [
      '/api:v1/stack/alias',
      '/onep:v1/stack/record',
      '/provision/activate',
      '/timestamp',
    ]) {
      ledger.add({ ...request, path, localAddress: '127.0.0.1' });
    }
    const report = ledger.report();
    expect(report.lo?.top_consumer).toHaveLength(100);
    const methods = Object.keys(report.lo?.['x'.repeat(100)] ?? {});
    expect(methods.sort()).toEqual(['activate', 'other', 'record', 'write']);
  });
});
