import { join } from 'node:path';
import { headers } from '@gateway-engine/device-api';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { readStatus } from '../src/status.ts';
import { GmqProcess } from './support/gmq-process.ts';
import { TestPlatform } from './support/test-platform.ts';

const cik = 'a'.repeat(40);
const ndjson = { 'Content-Type': 'application/x-ndjson; charset=utf-8' };
const body = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const batch = (gmq: GmqProcess, rows: readonly unknown[], extra: Record<string, string> = {}) =>
  gmq.send('POST', '/batch', body(rows), { ...ndjson, ...extra });

describe('POST /batch', () => {
  it('delivers records of several identities in one request', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    platform.keyOfSerial.set('7', 'b'.repeat(40));
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const rows = Array.from({ length: 3000 }, (_, index) => ({
      alias: 'a',
      value: index,
      at: 1_760_000_000 + index,
    }));
    const other = { alias: 'b', value: 'Grüße & 100%\n', at: 5, vms: 'prod prod 7' };
    expect(await batch(gmq, [...rows, other], { [headers.cik]: cik })).toEqual({ status: 204, body: '' });
    const file = join(gmq.home, 'var', 'gmq.db');
    await waitUntil('the queue to drain', () => readStatus(file).waiting === 0, { timeoutMs: 15_000 });
    expect(platform.values(cik, 'a')).toEqual(rows.map(({ value }) => String(value)));
    expect(platform.values('b'.repeat(40), 'b')).toEqual(['Grüße & 100%\n']);
  });

  it('stores all of a batch or nothing, and the answer names the line at fault', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url, { batch_record_period: '600' });
    const rows: unknown[] = [
      { alias: 'a', value: 1, cik },
      { alias: 'a', value: 1, cik, at: 'soon' },
    ];
    expect(await batch(gmq, rows)).toEqual({
      status: 400,
      body: 'line 2: the time of a record is not a number of seconds\r\n',
    });
    expect((await batch(gmq, [{ alias: 'a', value: 1 }])).body).toMatch(/^line 1: names nobody/);
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', [headers.cik]: cik };
    expect((await batch(gmq, rows, form)).status).toBe(415);
    expect((await gmq.send('GET', '/batch')).status).toBe(404);
    expect(readStatus(join(gmq.home, 'var', 'gmq.db')).waiting).toBe(0);
    expect((await batch(gmq, [], { [headers.cik]: cik })).status).toBe(204);
  });
});
