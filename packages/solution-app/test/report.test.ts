import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDeviceInfo } from '../src/reports/device-info.ts';
import { healthOf, readEngineReport, uptimeNow, uptimeOf } from '../src/reports/engine-report.ts';
import { readUsageReport } from '../src/reports/usage-report.ts';

const readers = { readEngineReport, readDeviceInfo, readUsageReport };

describe.each(Object.entries(readers))('%s', (_, read) => {
  it('never throws, whatever text a gateway wrote', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void read(text)));
  });

  it('never throws, whatever is where the documented keys are', () => {
    const odd = fc.jsonValue();
    const reports = fc.oneof(
      fc.record({ apps: fc.oneof(odd, fc.array(fc.dictionary(fc.string(), odd))), engine: odd }),
      fc.record({ uname: odd, df: odd, free: odd, ipaddrs: odd }, { requiredKeys: [] }),
      fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.dictionary(fc.string(), odd))),
    );
    fc.assert(fc.property(reports, (report) => void read(JSON.stringify(report))));
  });

  it.each([null, undefined, '', '  \n'])('takes %j as not reported yet', (text) => {
    expect(read(text)).toEqual({ kind: 'none' });
  });

  it.each(['{"apps": [', 'hello', '[]', '7', 'null', '"text"'])('keeps %s as unreadable text', (raw) => {
    expect(read(raw)).toMatchObject({ kind: 'unreadable', raw });
  });

  it('does not parse a text of megabytes', () => {
    expect(read(`{"apps": [], "uname": "${'x'.repeat(1_000_000)}"}`)).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining('characters long'),
    });
  });
});

describe('an engine report', () => {
  const nothingMore = { restarts: undefined, memory: undefined, lastError: '', probation: '', waiting: '' };

  it('tells what an application costs, why it failed, and what the byte budget holds back', () => {
    const wait = { interface: 'wwan0', class: 'update', until: 1_800_000_000, because: 'used up' };
    const app = { status: 'RUNNING', restarts: 2, memory: 4096, last_error: 'terminated by SIGKILL' };
    const text = JSON.stringify({ engine: { version: '1', waits: [wait, 7] }, apps: [{ app }] });
    expect(readEngineReport(text)).toMatchObject({
      value: {
        apps: [{ restarts: 2, memory: 4096, lastError: 'terminated by SIGKILL' }],
        waits: [wait],
      },
    });
  });

  it('tells which version is on probation, and what an install waits for', () => {
    const app = { version: '1', status: 'RUNNING', probation: '2', waiting: 'window' };
    expect(
      readEngineReport(JSON.stringify({ apps: [{ app }, { odd: { probation: {}, waiting: [] } }] })),
    ).toMatchObject({
      value: {
        apps: [
          { probation: '2', waiting: 'window' },
          { probation: '', waiting: '' },
        ],
      },
    });
  });

  it.each([
    ['RUNNING', 10, 70],
    ['EXITED', 10, 10],
    ['RUNNING', 'a while', 'a while'],
  ])('with status %s and uptime %j of a minute ago means %j now', (status, uptime, now) => {
    const app = { ...nothingMore, name: 'a', version: '1', exitStatus: '', status, uptime };
    expect(uptimeNow(app, 1_000, 1_060)).toBe(now);
  });

  it('is read in the documented shape', () => {
    const text = JSON.stringify({
      engine: { version: '0.1.0' },
      apps: [
        { gmq: { exitstatus: 0, status: 'RUNNING', uptime: 3661, version: '1' } },
        { reboot: { exitstatus: null, status: '', uptime: 0, version: '2-a' } },
      ],
    });
    expect(readEngineReport(text)).toEqual({
      kind: 'read',
      value: {
        engineVersion: '0.1.0',
        apps: [
          { ...nothingMore, name: 'gmq', version: '1', status: 'RUNNING', uptime: 3661, exitStatus: '0' },
          { ...nothingMore, name: 'reboot', version: '2-a', status: '', uptime: 0, exitStatus: '' },
        ],
        waits: [],
      },
    });
  });

  it('may name an application twice: the later entry counts', () => {
    const text = '{"apps": [{"a": {"version": "1"}}, {"a": {"version": 2}}]}';
    expect(readEngineReport(text)).toMatchObject({ value: { apps: [{ name: 'a', version: '2' }] } });
  });

  it('says which entry it cannot be read for', () => {
    expect(readEngineReport('{"apps": [{"sine": 1}]}')).toMatchObject({
      kind: 'unreadable',
      reason: 'the entry of "sine" is not an object',
    });
  });

  it.each([
    [20, 20],
    ['20.5', 20.5],
    ['0:00:20', 20],
    ['3 days, 1:02:03', 3 * 86_400 + 3723],
    ['1 day, 0:00:00', 86_400],
    ['a while', 'a while'],
    ['', undefined],
    [null, undefined],
  ])('has the uptime %j as %j', (uptime, expected) => {
    expect(uptimeOf(uptime)).toBe(expected);
  });

  it.each([
    ['RUNNING', '', 'good'],
    ['STARTING', '', 'busy'],
    ['FATAL', '', 'bad'],
    ['BACKOFF', '', 'bad'],
    ['EXITED', '0', 'idle'],
    ['EXITED', '3', 'bad'],
    ['STOPPED', '', 'idle'],
    ['', '', 'idle'],
  ])('with status %j and exit status %j means %s', (status, exitStatus, health) => {
    expect(healthOf({ status, exitStatus })).toBe(health);
  });
});

describe('a usage report', () => {
  it('is flattened to rows, most traffic first', () => {
    const figures = { tot_rx: 10, max_rx: 5, tot_tx: 20, max_tx: 8, num: 4 };
    const report = {
      eth0: { top_consumer: 'gmq', process: { gwe: figures, gmq: { ...figures, tot_tx: 9000 } } },
      ppp0: { top_consumer: '' },
    };
    expect(readUsageReport(JSON.stringify(report))).toMatchObject({
      value: [
        {
          name: 'eth0',
          topConsumer: 'gmq',
          received: 20,
          sent: 9020,
          rows: [
            { group: 'process', name: 'gmq', totalSent: 9000 },
            { group: 'process', name: 'gwe', totalReceived: 10, maxReceived: 5, maxSent: 8, requests: 4 },
          ],
        },
        { name: 'ppp0', rows: [], received: 0, sent: 0 },
      ],
    });
  });

  it('has the month beside the period, and the kernel’s counters', () => {
    const figures = { tot_rx: 1, max_rx: 1, tot_tx: 2, max_tx: 2, num: 1 };
    const month = { tot_rx: 100, max_rx: 1, tot_tx: 200, max_tx: 2, num: 9 };
    const report = { eth0: { gmq: { record: { ...figures, month } }, kernel: { rx: 5, tx: 6 } } };
    expect(readUsageReport(JSON.stringify(report))).toMatchObject({
      value: [
        {
          received: 1,
          sent: 2,
          month: { received: 100, sent: 200 },
          kernel: { received: 5, sent: 6 },
          rows: [{ group: 'gmq', name: 'record', totalReceived: 1, month: 300 }],
        },
      ],
    });
  });

  it('counts a figure that is no number as unknown', () => {
    const text = '{"eth0": {"method": {"write": {"tot_rx": "many", "num": "3"}}}}';
    expect(readUsageReport(text)).toMatchObject({
      value: [{ rows: [{ totalReceived: undefined, requests: 3 }] }],
    });
  });
});
