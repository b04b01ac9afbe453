import type { DeviceInfo, EngineReport, UsageReport } from '@gateway-engine/device-api';
import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deviceInfoChanged,
  differs,
  engineReportChanged,
  usageChanged,
  usageStep,
} from '../../src/reports/changes.ts';
import { ReportMemory } from '../../src/reports/report-memory.ts';

const gibibyte = 2 ** 30;

describe('a report is worth sending', () => {
  const device: DeviceInfo = {
    uname: 'Linux',
    df: 'one text',
    free: 'one text',
    ipaddrs: ['eth0: 192.0.2.7'],
    uptime: 100,
    load: [0.1, 0.1, 0.1],
    disks: [
      {
        device: '/dev/sda1',
        mounted_on: '/',
        type: 'ext4',
        size: gibibyte,
        used: 0.5 * gibibyte,
        available: 0.4 * gibibyte,
      },
    ],
    memory: { total: gibibyte, available: 0.5 * gibibyte, swap_total: 0, swap_free: 0 },
    interfaces: [{ name: 'eth0', mac: '', up: true, addresses: ['192.0.2.7'] }],
    temperatures: [{ sensor: 'cpu', celsius: 50 }],
    boot_id: 'one',
    clock: { time: 1_800_000_000, state: 'ok', offset: 0 },
  };
  const disk = (change: object) => ({ disks: [{ ...device.disks?.[0], ...change }] });

  it.each<[string, object, boolean]>([
    ['uptime, load, the texts and the time move', { uptime: 9, load: [9, 9, 0.2], df: '', free: '' }, false],
    ['the clock goes on', { clock: { time: 1_800_009_999, state: 'ok', offset: 3 } }, false],
    ['the clock is known no more', { clock: { time: 5, state: 'unknown', offset: null } }, false],
    ['the clock is off', { clock: { time: 1_800_000_000, state: 'off', offset: -90 } }, true],
    ['a disk fills by some', disk({ used: 0.52 * gibibyte }), false],
    ['a disk fills by much', disk({ used: 0.58 * gibibyte }), true],
    ['memory moves by some', { memory: { ...device.memory, available: 0.45 * gibibyte } }, false],
    ['memory gets short', { memory: { ...device.memory, available: 0.3 * gibibyte } }, true],
    ['it gets warmer', { temperatures: [{ sensor: 'cpu', celsius: 57 }] }, false],
    ['it gets hot', { temperatures: [{ sensor: 'cpu', celsius: 60 }] }, true],
    ['it has another address', { ipaddrs: ['eth0: 192.0.2.8'] }, true],
    ['a disk is gone', { disks: [] }, true],
    ['it was booted', { boot_id: 'two' }, true],
  ])('of the gateway when %s: %o is %s', (_, change, changed) => {
    expect(deviceInfoChanged(device, { ...device, ...change } as DeviceInfo)).toBe(changed);
  });

  const app = {
    version: '1',
    status: 'RUNNING',
    uptime: 50,
    exitstatus: null,
    memory: 2e8,
    cpu: 1,
    processes: 3,
  };
  const engine = (change: object): EngineReport => ({
    engine: { version: '1' },
    apps: [{ app: { ...app, ...change } }],
  });

  it.each<[string, object, boolean]>([
    ['its time goes on', { uptime: 5_000 }, false],
    ['it was started again', { uptime: 49 }, true],
    ['it takes a little more', { memory: 2.2e8, cpu: 20, processes: 9 }, false],
    ['it takes much more memory', { memory: 2.6e8 }, true],
    ['it is busy', { cpu: 27 }, true],
    ['it failed', { status: 'FATAL', uptime: 0 }, true],
    ['it is another version', { version: '2' }, true],
    ['its new version is on probation', { probation: '2' }, true],
    ['something of it waits', { waiting: 'window' }, true],
    ['it says what went wrong', { last_error: 'terminated by SIGKILL' }, true],
  ])('of the engine when of a program %s: %o is %s', (_, change, changed) => {
    expect(engineReportChanged(engine({}), engine(change))).toBe(changed);
  });

  it('of the engine when something waits for the budget, and not for each byte more', () => {
    const waits = (until: number, because: string): EngineReport => ({
      engine: { version: '1', waits: [{ interface: 'wwan0', class: 'update', until, because }] },
      apps: [],
    });
    expect(engineReportChanged({ engine: { version: '1' }, apps: [] }, waits(1, 'a'))).toBe(true);
    expect(engineReportChanged(waits(1, 'a'), waits(1, 'b'))).toBe(false);
    expect(engineReportChanged(waits(1, 'a'), waits(2, 'a'))).toBe(true);
  });

  const usage = (bytes: number, program = 'gmq'): UsageReport => {
    const figures = { tot_rx: bytes, max_rx: 0, tot_tx: 0, max_tx: 0, num: 1 };
    return {
      eth0: {
        top_consumer: 'gmq',
        period: `day ${bytes}`,
        [program]: { record: { ...figures, month: figures } },
        kernel: { rx: bytes, tx: bytes },
      },
    };
  };

  it('of the network after much traffic, by a new user, and for a new interface; not for itself', () => {
    expect(usageChanged(usage(1000), usage(999 + usageStep))).toBe(false);
    expect(usageChanged(usage(1000), usage(1000 + usageStep))).toBe(true);
    expect(usageChanged(usage(usageStep), usage(10))).toBe(false);
    expect(usageChanged(usage(1000), { ...usage(1000), wlan0: { top_consumer: '' } })).toBe(true);
    expect(usageChanged(usage(1000), { eth1: { top_consumer: '' } })).toBe(true);
    expect(usageChanged(usage(1000), usage(1000, 'gdc'))).toBe(true);
  });

  it('never for the same facts, and always for others where no step is given', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => !differs(value, structuredClone(value), {})));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(typeof a !== 'object' || typeof b !== 'object' || a === null || b === null);
        return differs(a, b, {}) === (a !== b);
      }),
    );
  });
});

describe('the memory of what was reported', () => {
  const setUp = () => {
    const clock = new FakeClock();
    const facts = { big: 1, small: 1 };
    const kind = (alias: 'big' | 'small') => ({
      alias,
      look: async () => facts[alias],
      changed: (sent: number, now: number) => sent !== now,
      text: async (now: number) => `${alias} ${now}`,
    });
    const memory = new ReportMemory([kind('big'), kind('small')], () => clock.monotonic());
    const send = async (only?: string) => {
      const due = await memory.due(only);
      memory.delivered(due);
      return due.values.map(([, text]) => text);
    };
    return { clock, facts, memory, send };
  };

  it('sends everything at the start and once a day, in between only what changed', async () => {
    const { clock, facts, send } = setUp();
    expect(await send()).toEqual(['big 1', 'small 1']);
    expect(await send()).toEqual([]);
    facts.small = 2;
    expect(await send()).toEqual(['small 2']);
    await clock.advance(24 * 3_600_000);
    expect(await send()).toEqual(['big 1', 'small 2']);
    expect(await send()).toEqual([]);
  });

  it('sends again what did not arrive, and everything when the platform may have forgotten', async () => {
    const { facts, memory, send } = setUp();
    await memory.due();
    expect(await send()).toEqual(['big 1', 'small 1']);
    facts.big = 2;
    await memory.due();
    expect(await send()).toEqual(['big 2']);
    memory.forget();
    expect(await send()).toEqual(['big 2', 'small 1']);
  });

  it('limited to one report sends that when it changed, and leaves the full one for later', async () => {
    const { clock, facts, send } = setUp();
    await send();
    await clock.advance(24 * 3_600_000);
    facts.big = 2;
    expect(await send('small')).toEqual([]);
    facts.small = 2;
    expect(await send('small')).toEqual(['small 2']);
    expect(await send('small')).toEqual([]);
    expect(await send()).toEqual(['big 2', 'small 2']);
  });
});
