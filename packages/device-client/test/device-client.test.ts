import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DeviceApiError, DeviceClient, ProtocolError } from '../src/index.ts';
import { answer, date, dateSeconds, type RawAnswer, RawServer, raw } from './support/raw-server.ts';
import { served } from './support/served.ts';

const cik = '0123456789abcdef0123456789abcdef01234567';
const product = { vendor: 'p1', model: 'p1' };

const serving = (answers: RawAnswer | RawAnswer[]) =>
  served(answers, (server) => new DeviceClient({ server, cik, userAgent: 'test/1', timeoutMs: 2000 }));

describe('write', () => {
  test('sends the values percent-encoded with key, type and length, and gives the status and the date', async () => {
    await using it = await serving(answer('204 No Content'));
    expect(
      await it.client.write([
        ['a', 'b&c=d +%'],
        ['e', ''],
      ]),
    ).toEqual({ status: 204, date: dateSeconds });
    const [request] = it.server.requests;
    expect(request?.head).toMatch(/^POST \/onep:v1\/stack\/alias HTTP\/1\.1\r\n/);
    expect(request?.head).toContain(`X-Exosite-CIK: ${cik}`);
    expect(request?.head).toContain('User-Agent: test/1');
    expect(request?.head).toContain('Content-Type: application/x-www-form-urlencoded; charset=utf-8');
    expect(request?.head).toContain('Content-Length: 23');
    expect(request?.body).toBe('a=b%26c%3Dd%20%2B%25&e=');
  });

  test('sends no key header without a key, and the new one when it is set later', async () => {
    await using it = await serving([answer('401 Unauthorized'), answer('204 No Content')]);
    it.client.cik = undefined;
    await expect(it.client.write([['a', '1']])).rejects.toMatchObject({ code: 'HTTP_STATUS', status: 401 });
    it.client.cik = cik;
    await it.client.write([['a', '1']]);
    expect(it.server.requests[0]?.head).not.toMatch(/exosite/i);
    expect(it.server.requests[1]?.head).toContain(cik);
  });

  test('rejects with the status and the text of a refusal', async () => {
    await using it = await serving(answer('409 Conflict', 'temp=17&temp=18'));
    const refused = it.client.record([
      [
        'temp',
        [
          [17, '1'],
          [17, '2'],
        ],
      ],
    ]);
    await expect(refused).rejects.toBeInstanceOf(DeviceApiError);
    await expect(refused).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('temp=17&temp=18'),
    });
  });

  test('cuts a long refusal and keeps only one line of it', async () => {
    await using it = await serving(
      answer('400 Bad Request', `HTTP/1.1 400 Bad Request\r\n${'x\r\n'.repeat(5000)}`),
    );
    const error = await it.client.write([]).catch((reason) => reason);
    expect(error.message.length).toBeLessThan(300);
    expect(error.message).not.toMatch(/[\r\n]/);
  });

  test('takes a success that is not the documented one as a refusal', async () => {
    await using it = await serving(answer('200 OK', '<html>log in to this network</html>'));
    await expect(it.client.write([['a', '1']])).rejects.toMatchObject({ code: 'HTTP_STATUS', status: 200 });
  });

  test('refuses a key that cannot stand in a header, without showing it', async () => {
    await using it = await serving(answer('204 No Content'));
    it.client.cik = `${cik}\r\nX-Other: 1`;
    const error = await it.client.write([['a', '1']]).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'USAGE' });
    expect(error.message).not.toContain(cik);
    expect(it.server.connections).toBe(0);
  });
});

describe('read and writeRead', () => {
  test('reads several aliases', async () => {
    await using it = await serving(answer('200 OK', 'b=&a%20x=1%262'));
    const { values, status } = await it.client.read(['a x', 'b']);
    expect([status, [...values]]).toEqual([
      200,
      [
        ['b', ''],
        ['a x', '1&2'],
      ],
    ]);
    expect(it.server.requests[0]?.head).toMatch(/^GET \/onep:v1\/stack\/alias\?a%20x&b HTTP/);
  });

  test('gives no values for 204', async () => {
    await using it = await serving(answer('204 No Content'));
    expect((await it.client.read(['a'])).values.size).toBe(0);
  });

  test('writes and reads in one request', async () => {
    await using it = await serving(answer('200 OK', 'b=2'));
    expect((await it.client.writeRead([['a', '1']], ['b'])).values.get('b')).toBe('2');
    expect(it.server.requests).toHaveLength(1);
    expect(it.server.requests[0]?.head).toMatch(/^POST \/onep:v1\/stack\/alias\?b HTTP/);
    expect(it.server.requests[0]?.body).toBe('a=1');
  });

  test.each([['a'], ['a=%FF']])('rejects the body %j', async (body) => {
    await using it = await serving(answer('200 OK', body));
    await expect(it.client.read(['a'])).rejects.toBeInstanceOf(ProtocolError);
  });

  test('stops reading an answer that is too long', async () => {
    await using it = await serving(answer('200 OK', `a=${'x'.repeat(5 * 1024 * 1024)}`));
    await expect(it.client.read(['a'])).rejects.toMatchObject({ code: 'PROTOCOL' });
  });
});

describe('record', () => {
  test('sends the points of several aliases in groups', async () => {
    await using it = await serving(answer('204 No Content'));
    await it.client.record([
      [
        'a',
        [
          [1, 'x'],
          [2, '&'],
        ],
      ],
      ['b', new Map([[3, '']])],
    ]);
    expect(it.server.requests[0]?.head).toMatch(/^POST \/onep:v1\/stack\/record HTTP/);
    expect(it.server.requests[0]?.body).toBe('alias=a&1=x&2=%26&alias=b&3=');
  });

  test('refuses a timestamp with a fraction before anything is sent', async () => {
    await using it = await serving(answer('204 No Content'));
    await expect(it.client.record([['a', [[1.5, 'x']]]])).rejects.toMatchObject({ code: 'USAGE' });
    expect(it.server.connections).toBe(0);
  });

  test('sends a body of a megabyte whole', async () => {
    await using it = await serving(answer('204 No Content'));
    const value = 'v'.repeat(1024 * 1024);
    await it.client.record([['a', [[1, value]]]]);
    expect(it.server.requests[0]?.body).toBe(`alias=a&1=${value}`);
  });
});

describe('long poll', () => {
  const modified = 'Last-Modified: Thu, 01 Jan 2026 00:00:07 GMT\r\n';

  test('sends the wait and the start, and gives value and times', async () => {
    await using it = await serving(answer('200 OK', 'a=1', modified));
    expect(await it.client.longPoll('a', { waitMs: 5000, since: 12 })).toEqual({
      value: '1',
      modified: dateSeconds + 7,
      date: dateSeconds,
    });
    expect(it.server.requests[0]?.head).toContain('Request-Timeout: 5000');
    expect(it.server.requests[0]?.head).toContain('If-Modified-Since: 12');
  });

  test('asks for 300 seconds at most', async () => {
    await using it = await serving(answer('304 Not Modified'));
    await it.client.longPoll('a', { waitMs: 1e9 });
    expect(it.server.requests[0]?.head).toContain('Request-Timeout: 300000');
  });

  test.each(['304 Not Modified', '204 No Content'])('is undefined for %s', async (status) => {
    await using it = await serving(answer(status));
    expect(await it.client.longPoll('a', { waitMs: 10 })).toBeUndefined();
  });

  test('waits longer than the time-out when told to', async () => {
    await using server = await RawServer.start((socket, request) => {
      setTimeout(() => void answer('200 OK', 'a=1', modified)(socket, request), 400);
    });
    const client = new DeviceClient({ server: server.url, timeoutMs: 150 });
    await expect(client.read(['a'])).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await client.longPoll('a', { waitMs: 1000 })).toMatchObject({ value: '1' });
    client.close();
  });

  test.each([
    ['Last-Modified', answer('200 OK', 'a=1')],
    ['value', answer('200 OK', 'b=1', modified)],
    ['Date', raw(`HTTP/1.1 200 OK\r\n${modified}Content-Length: 3\r\n\r\na=1`)],
  ])('rejects an answer without %s', async (what, given) => {
    await using it = await serving(given);
    await expect(it.client.longPoll('a', { waitMs: 10 })).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining(what),
    });
  });
});

describe('activate', () => {
  const identity = { vendor: 'p1', model: 'p1', serial: 'a b:c&d' };

  test('gives the CIK and sends no key', async () => {
    await using it = await serving(answer('200 OK', cik));
    expect(await it.client.activate(identity)).toBe(cik);
    expect(it.server.requests[0]?.body).toBe('vendor=p1&model=p1&sn=a%20b%3Ac%26d');
    expect(it.server.requests[0]?.head).not.toContain(cik);
  });

  test('rejects a body that is no CIK, without showing it', async () => {
    await using it = await serving(answer('200 OK', cik.toUpperCase()));
    const error = await it.client.activate(identity).catch((reason) => reason);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.message).not.toContain(cik.toUpperCase());
  });

  test.each([404, 409, 204])('rejects with status %i', async (status) => {
    await using it = await serving(answer(`${status} No`));
    await expect(it.client.activate(identity)).rejects.toMatchObject({ code: 'HTTP_STATUS', status });
  });
});

describe('content and timestamp', () => {
  test.each([
    ['a.v1.tar.gz\r\nb,x\r\n', ['a.v1.tar.gz', 'b']],
    ['a\nb', ['a', 'b']],
    ['"a,""b"\r\n', ['a,"b']],
    ['', []],
  ])('lists %j', async (body, ids) => {
    await using it = await serving(answer('200 OK', body));
    expect(await it.client.listContent(product)).toEqual(ids);
    expect(it.server.requests[0]?.head).toMatch(/^GET \/provision\/download\?vendor=p1&model=p1 HTTP/);
  });

  test('lists nothing for 204', async () => {
    await using it = await serving(answer('204 No Content'));
    expect(await it.client.listContent(product)).toEqual([]);
  });

  test('gives what is known of a content entry', async () => {
    await using it = await serving(answer('200 OK', '"text/x; a=""1,2""",12,1700000000,"m, n"\r\n'));
    expect(await it.client.contentInfo(product, 'a b')).toEqual({
      contentType: 'text/x; a="1,2"',
      size: 12,
      updated: 1_700_000_000,
      meta: 'm, n',
    });
    expect(it.server.requests[0]?.head).toContain('?vendor=p1&model=p1&id=a%20b&info=true ');
  });

  test.each(['', 'text/plain', 'text/plain,x,1,', '"open'])('rejects the entry %j', async (body) => {
    await using it = await serving(answer('200 OK', body));
    await expect(it.client.contentInfo(product, 'a')).rejects.toMatchObject({ code: 'PROTOCOL' });
  });

  test('gives the time of the server', async () => {
    await using it = await serving([answer('200 OK', '1700000000'), answer('200 OK', 'now')]);
    expect(await it.client.timestamp()).toBe(1_700_000_000);
    await expect(it.client.timestamp()).rejects.toMatchObject({ code: 'PROTOCOL' });
  });

  test('has no date when the server sends none or a bad one', async () => {
    const head = 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n';
    await using it = await serving([
      raw(`${head}\r\n`),
      raw(`${head}Date: today\r\n\r\n`),
      raw(`${head}${date}\r\n`),
    ]);
    expect((await it.client.write([])).date).toBeUndefined();
    expect((await it.client.write([])).date).toBeUndefined();
    expect((await it.client.write([])).date).toBe(dateSeconds);
  });
});

describe('the small and the special calls', () => {
  test('the older record names its alias in the path', async () => {
    await using it = await serving(answer('204 No Content'));
    await it.client.recordAlias('a b', [
      [1, 'x'],
      [-5, 'y&z'],
    ]);
    expect(it.server.requests[0]?.head).toMatch(/^POST \/onep:v1\/stack\/alias\/a%20b /);
    expect(it.server.requests[0]?.body).toBe('1=x&-5=y%26z');
  });

  test('an identity alone is activated for the product of the host', async () => {
    await using it = await serving(answer('200 OK', cik));
    expect(await it.client.activate({ id: 'AA:BB' })).toBe(cik);
    expect(it.server.requests[0]?.body).toBe('id=AA%3ABB');
  });

  test('ip gives address and port', async () => {
    await using it = await serving([answer('200 OK', '127,0,0,1,31,144'), answer('200 OK', '127,0,0,1,31')]);
    expect(await it.client.ip()).toEqual({ address: '127.0.0.1', port: 8080 });
    await expect(it.client.ip()).rejects.toBeInstanceOf(ProtocolError);
  });

  test('a refusal has the whole text of the answer, and shows it in no log', async () => {
    await using it = await serving(answer('409 Conflict', `temp=17&key=${cik}`));
    const error: unknown = await it.client.record([['temp', [[17, '1']]]]).catch((reason) => reason);
    expect(error).toBeInstanceOf(DeviceApiError);
    expect((error as DeviceApiError).body).toBe(`temp=17&key=${cik}`);
    expect(inspect(error, { showHidden: true, depth: 5 })).not.toContain(cik);
    expect(JSON.stringify(error)).not.toContain(cik);
  });
});

describe('rpc', () => {
  const calls = [
    { procedure: 'read', arguments: [{ alias: 'a' }, {}] },
    { procedure: 'drop', arguments: ['x'] },
  ];

  test('sends the key in the body and gives the results in the order of the calls', async () => {
    await using it = await serving(
      answer('200 OK', '[{"id":1,"status":"restricted"},{"id":0,"status":"ok","result":[[1,1.0]]}]'),
    );
    expect(await it.client.rpc(calls, { clientId: 'rid' })).toEqual([
      { status: 'ok', result: [[1, 1]], error: undefined },
      { status: 'restricted', result: undefined, error: undefined },
    ]);
    const [request] = it.server.requests;
    expect(request?.head).not.toContain(cik);
    expect(request?.head).toContain('Content-Type: application/json; charset=utf-8');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      auth: { cik, client_id: 'rid' },
      calls: [{ id: 0, procedure: 'read' }, { id: 1 }],
    });
  });

  test.each([
    ['401 of the request', '{"error":{"code":401,"message":"Invalid","context":"auth"}}', { status: 401 }],
    ['no JSON', '<html>', { code: 'PROTOCOL' }],
    ['no results', '{}', { code: 'PROTOCOL' }],
    ['too few results', '[{"id":0,"status":"ok"}]', { code: 'PROTOCOL' }],
  ])('rejects an answer with %s', async (_, body, expected) => {
    await using it = await serving(answer('200 OK', body));
    await expect(it.client.rpc(calls)).rejects.toMatchObject(expected);
  });
});
