import { rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrafficEntry } from '../../src/accounting/entry.ts';
import { InterfaceNames } from '../../src/accounting/interface-name.ts';
import { TrafficLog } from '../../src/accounting/traffic-log.ts';
import { BudgetGate } from '../../src/budget/budget-gate.ts';
import { interfaceTowards } from '../../src/budget/interface-towards.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const server = 'https://platform.example';

describe('the gate of the byte budget', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let clock: FakeClock;
  let log: TrafficLog;
  let route: string | undefined;
  let said: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    clock = new FakeClock(noon);
    log = new TrafficLog({ file: accounts() });
    route = 'wwan0';
    said = '';
  });
  afterEach(async () => {
    log.close();
    await folder[Symbol.asyncDispose]();
  });

  const config = () => join(folder.path, 'Engine.config');
  const accounts = () => join(folder.path, 'ifaces.db');
  const gate = () =>
    new BudgetGate({
      engineConfig: config(),
      accounting: accounts(),
      clock,
      warn: (message) => {
        said += message;
      },
      towards: async () => route,
    });
  const entry = (bytes: number): TrafficEntry => ({
    time: clock.now(),
    program: 'gmq',
    interface: 'wwan0',
    class: 'data',
    method: 'record',
    host: 'platform.example',
    sent: bytes,
    received: 0,
    status: 204,
    duration: 1,
  });
  const spend = (bytes: number, changes: Partial<TrafficEntry> = {}) => {
    log.append({ ...entry(bytes), ...changes });
    expect(log.flush()).toBe(true);
  };
  const aMoment = () => clock.advance(6_000);

  it('lets everything go without a budget, without a file and without accounts', async () => {
    expect(await gate().ask('log', server)).toEqual({ kind: 'may', left: Number.POSITIVE_INFINITY });
    await writeFile(config(), '[budget]\nwwan0 = 1kB/day\n');
    expect(await gate().ask('log', server)).toMatchObject({ kind: 'may', left: 700 });
  });

  it('says that a budget does not count when nothing is accounted for', async () => {
    await writeFile(config(), '[budget]\nwwan0 = 1kB/day\n');
    spend(2_000);
    const budget = new BudgetGate({
      engineConfig: config(),
      accounting: undefined,
      clock,
      warn: (message) => {
        said += message;
      },
    });
    expect((await budget.ask('log', server)).kind).toBe('may');
    expect(said).toContain('the byte budget does not count: no traffic is accounted for');
  });

  it('holds a class back on the interface that is used up, until the day is over', async () => {
    await writeFile(config(), '[budget]\nwwan0 = 1kB/day\n* = 1MB/day\n');
    spend(800);
    const budget = gate();
    expect(await budget.ask('update', server)).toMatchObject({
      kind: 'waits',
      interfaces: 'wwan0',
      until: Date.UTC(2026, 10, 23),
    });
    expect(await budget.ask('data', server)).toEqual({ kind: 'may', left: 150 });
    route = 'eth0';
    expect(await budget.ask('update', server)).toEqual({ kind: 'may', left: 800_000 });
    route = undefined;
    expect(await budget.ask('update', server)).toEqual({ kind: 'may', left: Number.POSITIVE_INFINITY });
    route = 'wwan0';
    await clock.advance(12 * 3_600_000);
    expect(await budget.ask('update', server)).toEqual({ kind: 'may', left: 800 });
  });

  it('counts all programs and classes of a line together, and no other interface', async () => {
    await writeFile(config(), '[budget]\nwwan* = 1kB/day 2kB/month\n');
    spend(100, { program: 'gdc', class: 'control' });
    spend(200, { interface: 'wwan1', received: 50 });
    spend(9_000, { interface: 'eth0' });
    spend(500, { time: Date.UTC(2026, 10, 3) });
    spend(500, { time: Date.UTC(2026, 9, 31) });
    expect(await gate().states()).toMatchObject([{ spent: { day: 350, month: 850 }, waits: [] }]);
  });

  it('takes up new accounts and a changed budget within seconds', async () => {
    await writeFile(config(), '[budget]\nwwan0 = 1kB/day\n');
    const budget = gate();
    expect((await budget.ask('data', server)).kind).toBe('may');
    spend(2_000);
    await aMoment();
    expect((await budget.ask('data', server)).kind).toBe('waits');
    await writeFile(config(), '[budget]\nwwan0 = 1MB/day\n');
    await aMoment();
    expect((await budget.ask('data', server)).kind).toBe('may');
    await rm(config());
    await aMoment();
    expect(await budget.states()).toEqual([]);
  });

  it('counts requests of its own process at once, and each once', async () => {
    const address = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ internal, address }) => !internal && !address.startsWith('fe80'))?.address;
    const request = { localAddress: address ?? '192.0.2.1', bytesSent: 500, bytesReceived: 0 };
    await writeFile(config(), '[budget]\n* = 1kB/day\n');
    const budget = new BudgetGate({
      engineConfig: config(),
      accounting: log,
      clock,
      warn: () => {},
      towards: async () => route,
    });
    expect(await budget.ask('control', server)).toEqual({ kind: 'may', left: 1_000 });
    budget.add(request);
    budget.add({ ...request, localAddress: '127.0.0.1' });
    expect(await budget.ask('control', server)).toEqual({ kind: 'may', left: 500 });
    log.append({ ...entry(500), interface: 'wwan0' });
    await aMoment();
    expect(await budget.ask('control', server)).toEqual({ kind: 'may', left: 500 });
    budget.add(request);
    expect((await budget.ask('control', server)).kind).toBe('waits');
  });

  it('goes on with the budget before a mistake, and says once what is wrong', async () => {
    await writeFile(config(), '[budget]\nwwan0 = 1kB/day\n');
    spend(2_000);
    const budget = gate();
    expect((await budget.ask('data', server)).kind).toBe('waits');
    await writeFile(config(), '[budget]\nwwan0 = some\n');
    for (let look = 0; look < 3; look++) {
      await aMoment();
      expect((await budget.ask('data', server)).kind).toBe('waits');
    }
    expect(said.match(/expected limits such as/g)).toHaveLength(1);
  });
});

describe('the interface towards a server', () => {
  const names = new InterfaceNames(() => 0);

  it('is the loopback for this machine', async () => {
    expect(await interfaceTowards('http://127.0.0.1:8090', names)).toBe('lo');
    expect(await interfaceTowards('http://localhost:8090', names)).toBe('lo');
  });

  it('is unknown for a name that is none', async () => {
    expect(await interfaceTowards('https://nothing.invalid', names)).toBeUndefined();
  });
});
