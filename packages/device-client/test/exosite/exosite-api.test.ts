import { UsageError } from '@gateway-engine/host';
import { freePort } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { ExositeAPI, ResponseHandler } from '../../src/index.ts';
import { answer, dateSeconds, type RawAnswer, raw, rawThenCut } from '../support/raw-server.ts';
import { served } from '../support/served.ts';

const cik = '0123456789abcdef0123456789abcdef01234567';
const product = { vendor: 'p1', model: 'p1' };

const serving = (answers: RawAnswer | RawAnswer[]) =>
  served(answers, (server) => new ExositeAPI(cik, { server, userAgent: 'test/1', timeoutMs: 2000 }));

describe('a call that works', () => {
  test('write: success, the status and the empty body', async () => {
    await using it = await serving(answer('204 No Content'));
    const handler = await it.client.write({ temp: 21.5, note: 'a&b' });
    expect(handler).toMatchObject({
      success: true,
      code: 204,
      body: '',
      date: dateSeconds,
      error: undefined,
    });
    expect(it.server.requests[0]?.body).toBe('temp=21.5&note=a%26b');
    expect(it.server.requests[0]?.head).toContain(`X-Exosite-CIK: ${cik}`);
    expect(String(handler)).toBe('Response code: 204, Response body: "", success: true');
  });

  test('read and write-read: the body as it came, and the values', async () => {
    await using it = await serving([answer('200 OK', 'a=1%262'), answer('200 OK', 'b=&a=1')]);
    const read = await it.client.read('a');
    expect([read.body, read.result]).toEqual(['a=1%262', new Map([['a', '1&2']])]);
    const both = await it.client.writeRead({ x: true }, ['a', 'b']);
    expect(both.result?.get('b')).toBe('');
    expect(it.server.requests[1]?.body).toBe('x=true');
  });

  test('record, content, timestamp', async () => {
    await using it = await serving([
      answer('204 No Content'),
      answer('200 OK', 'one.tar.gz\r\ntwo\r\n'),
      answer('200 OK', 'text/plain,10,1700000000,'),
      answer('200 OK', '1700000000'),
    ]);
    expect((await it.client.record('a', [[1_700_000_000, 7]])).code).toBe(204);
    expect(it.server.requests[0]?.body).toBe('alias=a&1700000000=7');
    expect((await it.client.listContent(product)).result).toEqual(['one.tar.gz', 'two']);
    expect((await it.client.contentInfo(product, 'two')).result).toMatchObject({ size: 10 });
    expect((await it.client.timestamp()).result).toBe(1_700_000_000);
  });

  test('long poll: the point, or code 304 when none came', async () => {
    await using it = await serving([
      answer('200 OK', 'a=5', 'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n'),
      answer('304 Not Modified'),
    ]);
    const point = await it.client.longPoll('a', 1000);
    expect(point.result).toEqual({ value: '5', modified: dateSeconds, date: dateSeconds });
    const none = await it.client.longPoll('a', 1000, { since: point.result?.modified });
    expect(none).toMatchObject({ success: true, code: 304, result: undefined });
    expect(it.server.requests[1]?.head).toContain(`If-Modified-Since: ${dateSeconds}`);
  });

  test('activation: the key, which later calls carry', async () => {
    const other = cik.toUpperCase().toLowerCase().replace('0', 'f');
    await using it = await serving([answer('200 OK', other), answer('204 No Content')]);
    const handler = await it.client.activateIdentity({ vendor: 'v', model: 'm', serial: 's' });
    expect([handler.body, handler.result, it.client.cik]).toEqual([other, other, other]);
    expect(String(handler)).not.toContain(other);
    await it.client.write({ a: 1 });
    expect(it.server.requests[1]?.head).toContain(other);
  });

  test('download: the bytes from where they were asked for, whether the server gives parts or not', async () => {
    const range = 'Content-Range: bytes 4-9/10\r\n';
    await using it = await serving([
      answer('206 Partial Content', '456789', range),
      answer('200 OK', '0123456789'),
    ]);
    for (const code of [206, 200]) {
      let text = '';
      const take = (bytes: Uint8Array) => {
        text += Buffer.from(bytes).toString();
      };
      expect(await it.client.download(product, 'x', take, { from: 4 })).toMatchObject({ code, result: 6 });
      expect(text).toBe('456789');
    }
  });
});

describe('a call that does not work gives a handler without success', () => {
  test('with the status and the whole body of a refusal', async () => {
    const body = `a=17&${'b=18&'.repeat(100)}`;
    await using it = await serving(answer('409 Conflict', body));
    expect(await it.client.record('a', [[17, 'x']])).toMatchObject({ success: false, code: 409, body });
  });

  test.each([
    ['of an answer that makes no sense', answer('200 OK', 'soon'), { code: 200, body: 'soon' }],
    ['of a connection that is cut', rawThenCut(''), { code: 0, body: '' }],
    ['of what is not HTTP', raw('SSH-2.0\r\n\r\n'), { code: 0, body: '' }],
  ])('%s', async (_, given, expected) => {
    await using it = await serving(given);
    const handler = await it.client.timestamp();
    expect(handler).toMatchObject({ success: false, result: undefined, ...expected });
    expect(handler.error).toMatch(/^\S.*$/);
  });

  test('of a download that ends too early, or is not there', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123';
    await using it = await serving([rawThenCut(head), answer('404 Not Found', 'no such')]);
    const take = () => undefined;
    expect(await it.client.download(product, 'x', take)).toMatchObject({ success: false, code: 200 });
    expect(await it.client.download(product, 'x', take)).toMatchObject({ success: false, code: 404 });
  });

  test('of nobody listening, or of one that was told to stop', async () => {
    const api = new ExositeAPI(cik, { server: `http://127.0.0.1:${await freePort()}` });
    const refused = await api.write({ a: 1 });
    expect(refused).toMatchObject({
      success: false,
      code: 0,
      error: expect.stringContaining('ECONNREFUSED'),
    });
    expect(String(refused)).not.toContain(cik);
    expect(await api.write({ a: 1 }, { signal: AbortSignal.abort() })).toMatchObject({ code: 0 });
    api.close();
  });
});

test('only a mistake of the caller, or of its own code, rejects', async () => {
  await using it = await serving(answer('200 OK', '0123456789'));
  await expect(it.client.record('a', [[1.5, 'x']])).rejects.toBeInstanceOf(UsageError);
  await expect(it.client.download(product, 'x', () => {}, { from: -1 })).rejects.toBeInstanceOf(UsageError);
  const full = () => {
    throw new Error('disk full');
  };
  await expect(it.client.download(product, 'x', full)).rejects.toThrow('disk full');
});

test('the server may be HOST:PORT, which means HTTPS', () => {
  expect(() => new ExositeAPI(cik, { server: '127.0.0.1:8080' }).close()).not.toThrow();
  expect(() => new ExositeAPI(cik, { server: 'host/path' })).toThrow(UsageError);
  expect(() => new ExositeAPI(cik, { vendor: 'no name' })).toThrow(UsageError);
});

test('a handler shows no key in a log', () => {
  const body = `your key ${cik} is bad`;
  expect(String(new ResponseHandler({ success: false, code: 401, body }))).not.toContain(cik);
});
