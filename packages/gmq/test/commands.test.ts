import { join } from 'node:path';
import { headers } from '@gateway-engine/device-api';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { type QueueStatus, readStatus } from '../src/status.ts';
import { GmqProcess } from './support/gmq-process.ts';
import { TestPlatform } from './support/test-platform.ts';

const key = 'a'.repeat(40);
const vms = { [headers.vms]: 'prod prod 1 é' };
const second = 1_760_000_000;
/** A window of low priorities that is closed now, whenever now is. */
const closedWindow = () => {
  const hour = (new Date().getHours() + 12) % 24;
  return `${hour}:00-${(hour + 1) % 24}:00`;
};

describe('gmq status', () => {
  it('tells points, bytes and rates of each identity while gmq runs, and all but rates when it does not', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url, { batch_record_period: '600' });
    await gmq.record(key, `alias=a&${second}=x&${second}=y&${second + 1}=z`);
    await gmq.send('POST', '/onep:v1/stack/record', `alias=b&${second}=ä`, vms);
    const status = async () => JSON.parse((await gmq.command('status', '--json')).stdout) as QueueStatus;
    const running = await status();
    expect(running).toMatchObject({ running: true, waiting: 4, accepted: 4, uploaded: 0, dropped: 0 });
    expect(running.identities).toMatchObject([
      { waiting: 3, bytes: 3 * 34, cik: expect.stringMatching(/^a{8}\*+$/), serial: null },
      { waiting: 1, bytes: 35, cik: null, serial: '1 é' },
    ]);
    expect(running.identities[0]?.rates?.accepted).toBeGreaterThan(0);
    expect(running.oldest).toBeGreaterThan(second);
    expect(JSON.parse((await gmq.send('GET', '/status')).body)).toMatchObject({ running: true, waiting: 4 });
    expect((await gmq.command('status')).stdout).toMatch(
      /waiting {4}4, 137 bytes, the oldest for \d+ s\nrates {6}[\d.]+\/s in/,
    );
    await gmq.end('SIGTERM');
    expect(await status()).toMatchObject({ running: false, rates: null, waiting: 4 });
    expect((await gmq.command('status')).stdout).toContain('gmq does not answer');
  });
});

describe('a queue that gives points up', () => {
  it('counts them in gmq status and says so in its log', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await platform.down();
    const limits = { limits: { max_bytes: '64KB', when_full: 'drop-oldest' }, priority: { low: 'low' } };
    await using gmq = await GmqProcess.start(folder.path, platform.url, {}, limits);
    const value = 'x'.repeat(20_000);
    for (const [at, alias] of ['a', 'low', 'b', 'c', 'd'].entries()) {
      expect(await gmq.record(key, `alias=${alias}&${second + at}=${value}`)).toBe(204);
    }
    const { stdout } = await gmq.command('status');
    expect(stdout).toContain('given up   2 dropped, since the queue was full');
    await waitUntil('the log', () => gmq.log.includes('1 dropped, since the queue is full'));
    await platform.up();
    await gmq.command('drain');
    expect(platform.arrivals.map(({ alias }) => alias)).toEqual(['b', 'c', 'd']);
  });
});

describe('gmq drain', () => {
  it('sends all at once, whatever the period and the window say, and ends when it is gone', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(
      folder.path,
      platform.url,
      { batch_record_period: '600', upload_window: closedWindow() },
      { priority: { slow: 'low' } },
    );
    await gmq.record(key, `alias=slow&${second}=1&alias=a&${second}=2`);
    await gmq.write(key, 'live=1');
    await waitUntil('the upload of what does not wait for the window', () => platform.arrivals.length === 2);
    expect(platform.values(key, 'slow')).toEqual([]);
    const { code, stdout } = await gmq.command('drain', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { gone: 1 }]);
    expect(platform.values(key, 'slow')).toEqual(['1']);
  });

  it('tells why points still wait when the time is over, and that gmq does not run', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    await platform.down();
    await gmq.record(key, `alias=a&${second}=1`);
    const late = await gmq.command('drain', '--timeout', '1.5');
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(/^gmq: 1 of 1 points still wait: .*ECONNREFUSED.*\n$/);
    expect((await gmq.command('drain', '--timeout', 'x')).stderr).toMatch(/^gmq: [^\n]*number of seconds/);
    await gmq.end('SIGTERM');
    const gone = await gmq.command('drain');
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringMatching(/^gmq: gmq does not answer on [^\n]+\n$/),
    ]);
  });
});

describe('gmq export', () => {
  it('prints what another queue takes as a batch, and keys only when asked to', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    await using platform = await TestPlatform.start();
    platform.keyOfSerial.set('1 é', 'b'.repeat(40));
    await using gmq = await GmqProcess.start(folder.path, platform.url, { batch_record_period: '600' });
    const value = '{"a": "b&c"}\r\n😀';
    await gmq.record(key, `alias=a&${second}=${encodeURIComponent(value)}`);
    await gmq.send('POST', '/onep:v1/stack/record', `alias=b&${second + 1}=2`, vms);
    await gmq.end('SIGTERM');
    const masked = await gmq.command('export');
    expect(masked.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(masked.stdout).not.toContain(key);
    const { stdout } = await gmq.command('export', '--with-keys');
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { cik: key, alias: 'a', at: second, value },
      { vms: 'prod prod 1 é', alias: 'b', at: second + 1, value: '2' },
    ]);
    await using taker = await GmqProcess.start(other.path, platform.url);
    const sent = await taker.send('POST', '/batch', stdout, { 'Content-Type': 'application/x-ndjson' });
    expect(sent.status).toBe(204);
    await waitUntil('both points', () => platform.arrivals.length === 2);
    expect(platform.values(key, 'a')).toEqual([value]);
    expect(platform.values('b'.repeat(40), 'b')).toEqual(['2']);
  });

  it('prints what was set aside, with the reasons', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    platform.refusedAlias = 'bad';
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    await gmq.record(key, `alias=bad&${second}=1`);
    await waitUntil('the refusal', () => readStatus(join(folder.path, 'var', 'gmq.db')).deadLetters === 1);
    const { stdout } = await gmq.command('export', '--dead-letters');
    expect(JSON.parse(stdout)).toMatchObject({
      alias: 'bad',
      at: second,
      value: '1',
      reason: expect.stringContaining('400'),
    });
  });
});
