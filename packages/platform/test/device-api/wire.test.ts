import { setTimeout as sleep } from 'node:timers/promises';
import { FakeClock, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import type { RawClient, RawResponse } from './raw-client.ts';
import { runDeviceApi } from './running-device-api.ts';

/** What spec section 2.2 wants of every small response. */
function expectTiny(client: RawClient, response: RawResponse | undefined): RawResponse {
  expect(response).toBeDefined();
  const { bytes, headerLines } = response!;
  expect(bytes.length).toBeLessThan(200);
  expect(client.segments.at(-1)?.equals(bytes), 'one segment').toBe(true);
  expect(headerLines.filter((line) => /^Content-Length: \d+$/.test(line))).toHaveLength(1);
  expect(
    headerLines.filter((line) => /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(line)),
  ).toHaveLength(1);
  return response!;
}

const names = ({ headerLines }: RawResponse) => headerLines.map((line) => line.split(':')[0]).sort();

test('every kind of small response is under 200 bytes, one segment, with nothing unnamed in it', async () => {
  const clock = new FakeClock();
  await using api = await runDeviceApi({ clock, activated: false });
  await api.upload('app.v1.tar.gz', Buffer.alloc(1_048_576, 'x'));
  using client = await api.connect();
  const ask = async (method: string, target: string, headers = {}, body?: string) =>
    expectTiny(client, await client.answerTo(method, target, headers, body));

  const activated = await ask('POST', '/provision/activate', {}, 'vendor=pump&model=pump&sn=A%3A1');
  expect(activated.statusLine).toBe('HTTP/1.1 200 OK');
  expect(activated.body).toMatch(/^[0-9a-f]{40}$/);
  expect(activated.headerLines).toContain('Content-Type: text/plain; charset=utf-8');
  const key = { 'X-Exosite-CIK': activated.body };

  const written = await ask('POST', '/onep:v1/stack/alias', key, 'integer=12');
  expect([written.statusLine, written.body]).toEqual(['HTTP/1.1 204 No Content', '']);
  expect(names(written)).toEqual(['Content-Length', 'Date']);
  expect(written.headerLines).toContain('Content-Length: 0');

  const read = await ask('GET', '/onep:v1/stack/alias?integer', key);
  expect([read.statusLine, read.body]).toEqual(['HTTP/1.1 200 OK', 'integer=12']);
  expect(names(read)).toEqual(['Content-Length', 'Date']);

  const waiting = ask('GET', '/onep:v1/stack/alias?integer', { ...key, 'Request-Timeout': '3000' });
  await waitUntil('the long poll to wait', () => clock.waiting > 1);
  await clock.advance(3000);
  const unchanged = await waiting;
  expect([unchanged.statusLine, unchanged.body]).toEqual(['HTTP/1.1 304 Not Modified', '']);
  expect(names(unchanged)).toEqual(['Content-Length', 'Date']);

  const woken = ask('GET', '/onep:v1/stack/alias?integer', {
    ...key,
    'Request-Timeout': '3000',
    'If-Modified-Since': '5',
  });
  expect((await woken).body).toBe('integer=12');
  expect(names(await woken)).toEqual(['Content-Length', 'Date', 'Last-Modified']);

  const download = '/provision/download?vendor=pump&model=pump';
  const listed = await ask('GET', download, key);
  expect([listed.status, listed.body]).toEqual([200, 'app.v1.tar.gz']);
  const info = await ask('GET', `${download}&id=app.v1.tar.gz&info=true`, key);
  expect(info.body).toBe('application/octet-stream,1048576,1700000000,');
  expect(info.headerLines).toContain('Content-Type: text/csv; charset=utf-8');
  const chunk = await ask('GET', `${download}&id=app.v1.tar.gz`, { ...key, Range: 'bytes=1048566-1048575' });
  expect([chunk.statusLine, chunk.body]).toEqual(['HTTP/1.1 206 Partial Content', 'xxxxxxxxxx']);
  expect(names(chunk)).toEqual(['Content-Length', 'Content-Range', 'Content-Type', 'Date']);
  expect(chunk.headerLines).toContain('Content-Range: bytes 1048566-1048575/1048576');

  const time = await ask('GET', '/timestamp');
  expect(time.body).toBe(String(Math.floor(clock.now() / 1000)));
  expect(names(time)).toEqual(['Content-Length', 'Date']);
  const address = await ask('GET', '/ip');
  expect(address.body).toBe(`127,0,0,1,${api.port >> 8},${api.port & 255}`);
});

test.each([
  ['GET', '/onep:v1/stack/alias?string', { 'X-Exosite-CIK': 'f'.repeat(40) }, 401, 'Unauthorized'],
  ['GET', '/onep:v1/nothing', {}, 404, 'Not Found'],
  ['GET', '/provision/nothing', {}, 404, 'Not Found'],
  ['DELETE', '/timestamp', {}, 405, 'Method Not Allowed'],
  ['POST', '/provision/activate', {}, 400, 'Bad Request'],
])('%s %s is refused with its status line as the body', async (method, target, headers, status, text) => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const response = expectTiny(client, await client.answerTo(method, target, headers));
  expect(response.statusLine).toBe(`HTTP/1.1 ${status} ${text}`);
  expect(response.body).toBe(`HTTP/1.1 ${status} ${text}\r\n`);
  expect(response.headerLines).toContain('Content-Type: text/plain');
  expect(names(response)).toEqual(['Content-Length', 'Content-Type', 'Date']);
});

test('the hundredth answer of a connection ends it, and what is sent behind is not looked at', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  for (let number = 1; number < 100; number++) {
    const { headerLines } = await client.answerTo('GET', '/timestamp');
    expect(headerLines.some((line) => /^(connection|keep-alive)/i.test(line))).toBe(false);
  }
  client.request('GET', '/timestamp').request('POST', '/onep:v1/stack/alias', api.key, 'string=late');
  const last = await client.response();
  expect(last?.status).toBe(200);
  expect(last?.headerLines).toContain('Connection: close');
  await client.end();
  expect(client.rest).toBe('');
  expect(await api.history('string')).toEqual([]);
});

test.each(['close', 'Close ', 'CLOSE'])(
  '"Connection: %s" ends the connection after the answer',
  async (close) => {
    await using api = await runDeviceApi();
    using client = await api.connect();
    const response = await client.answerTo('GET', '/timestamp', { Connection: close });
    expect(response.headerLines).toContain('Connection: close');
    await client.end();
  },
);

test('a client of HTTP/1.0 is answered and the connection ends', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const response = await client.send(['GET /timestamp HTTP/1.0']).response();
  expect(response?.statusLine).toBe('HTTP/1.1 200 OK');
  expect(response?.headerLines).toContain('Connection: close');
  await client.end();
});

test('requests of odd looks are taken', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const cik = `x-eXoSite-ciK:   ${api.cik}  `;
  const status = async (lines: string[], body = '') => (await client.send(lines, body).response())?.status;
  const length = (body: string) => `content-length: ${body.length}`;
  expect(await status(['POST /api:v1/stack/alias? HTTP/1.1', cik, length('string=1')], 'string=1')).toBe(204);
  expect(await status(['POST /onep%3Av1/stack/alias HTTP/1.1', cik, length('string=2')], 'string=2')).toBe(
    204,
  );
  expect(await status(['POST /onep%3av1/stack/alias/ HTTP/1.1', cik, length('integer=')], 'integer=')).toBe(
    204,
  );
  const odd = 'Content-Type: Application/X-WWW-Form-urlencoded; charset=utf=8';
  expect(await status(['POST /onep:v1/stack/alias HTTP/1.1', odd, cik, length('float=3')], 'float=3')).toBe(
    204,
  );
  expect(await status(['GET /timestamp HTTP/1.1', 'Accept: *', 'X-Exosite-CIK:', 'X-Exosite-Token: '])).toBe(
    200,
  );
  expect(
    await status(['GET http://m2.exosite.com:80/timestamp HTTP/1.1', 'Host: pump.m2.exosite.io:80']),
  ).toBe(200);
  expect(await status(['GET /onep:v1/stack/alias?string HTTP/1.1', cik, 'Content-Length: 0'])).toBe(200);
});

test('an expectation that nobody knows is passed over', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const answer = await client.answerTo(
    'POST',
    '/onep:v1/stack/alias',
    { ...api.key, Expect: '200-foo' },
    'string=a',
  );
  expect(answer.statusLine).toBe('HTTP/1.1 204 No Content');
  expect(names(answer)).toEqual(['Content-Length', 'Date']);
  expect((await client.answerTo('GET', '/page', { Expect: '200-foo' })).body).toBe('admin');
});

test('a GET with a body and a stray CRLF behind a body leave the next request alone', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  client.request('POST', '/onep:v1/stack/alias', api.key, 'string=first');
  client.socket.write('\r\n');
  client.request('GET', '/onep:v1/stack/alias?string', api.key, 'offset=0&limit=10');
  client.socket.write('\r\n');
  client.request('GET', '/timestamp');
  expect((await client.response())?.status).toBe(204);
  expect((await client.response())?.body).toBe('string=first');
  expect((await client.response())?.body).toMatch(/^\d+$/);
});

test('requests sent in one go are answered in order, each seeing the one before', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  client.socket.cork();
  for (let number = 0; number < 20; number++) {
    client.request('POST', '/onep:v1/stack/alias', api.key, `integer=${number}`);
    client.request('GET', '/onep:v1/stack/alias?integer', api.key);
  }
  client.socket.uncork();
  for (let number = 0; number < 20; number++) {
    expect((await client.response())?.status).toBe(204);
    expect((await client.response())?.body).toBe(`integer=${number}`);
  }
});

test('a client that expects "100 Continue" gets it, or its refusal before it sends', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const expecting = (key: string, length: number) => [
    'POST /onep:v1/stack/alias HTTP/1.1',
    `X-Exosite-CIK: ${key}`,
    'Expect: 100-continue',
    `Content-Length: ${length}`,
  ];
  client.send(expecting(api.cik, 8));
  expect(await client.response()).toMatchObject({ statusLine: 'HTTP/1.1 100 Continue', headerLines: [] });
  client.socket.write('string=1');
  expect((await client.response())?.status).toBe(204);
  using stranger = await api.connect();
  expect((await stranger.send(expecting('0'.repeat(40), 8)).response())?.status).toBe(401);
  using heavy = await api.connect();
  const refused = await heavy.send(expecting(api.cik, 2 ** 20 + 1)).response();
  expect(refused?.statusLine).toBe('HTTP/1.1 413 Payload Too Large');
  expect(refused?.headerLines).toContain('Connection: close');
});

test('a body over the limit is refused with 413 and nothing of it is stored', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const body = `string=${'x'.repeat(2 ** 20)}`;
  const response = await client.answerTo('POST', '/onep:v1/stack/alias', api.key, body);
  expect(response.statusLine).toBe('HTTP/1.1 413 Payload Too Large');
  expect((await client.answerTo('GET', '/onep:v1/stack/alias?string', api.key)).status).toBe(204);
  using heavy = await api.connect();
  heavy.send([
    'POST /onep:v1/stack/alias HTTP/1.1',
    `X-Exosite-CIK: ${api.cik}`,
    'Content-Length: 1000000000',
  ]);
  expect((await heavy.response())?.status).toBe(413);
  await heavy.end();
  using chunked = await api.connect();
  chunked.send([
    'POST /onep:v1/stack/alias HTTP/1.1',
    `X-Exosite-CIK: ${api.cik}`,
    'Transfer-Encoding: chunked',
  ]);
  const megabyte = `100000\r\n${'y'.repeat(2 ** 20)}\r\n`;
  for (let number = 0; number < 5; number++) chunked.socket.write(megabyte);
  expect((await chunked.response())?.status).toBe(413);
  await chunked.end();
});

test('what is no HTTP is refused after the requests before it are answered', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  client.socket.write(
    `POST /onep:v1/stack/alias HTTP/1.1\r\nX-Exosite-CIK: ${api.cik}\r\nContent-Length: 8\r\n\r\nstring=1\0\0garbage\r\n\r\n`,
  );
  expect((await client.response())?.status).toBe(204);
  const refused = await client.response();
  expect(refused?.body).toBe('HTTP/1.1 400 Bad Request\r\n');
  expect(refused?.headerLines).toContain('Connection: close');
  await client.end();
});

test('a body in chunks that cannot be read is refused', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  client.send(
    ['POST /onep:v1/stack/alias HTTP/1.1', `X-Exosite-CIK: ${api.cik}`, 'Transfer-Encoding: chunked'],
    'no number\r\n',
  );
  expect((await client.response())?.body).toBe('HTTP/1.1 400 Bad Request\r\n');
  await client.end();
  expect(await api.history('string')).toEqual([]);
});

test('paths that are not of the device API go to the admin side', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  expect((await client.answerTo('GET', '/ipsum')).body).toBe('admin');
  expect((await client.answerTo('GET', '/api/v1/products')).body).toBe('admin');
  expect((await client.answerTo('GET', '/')).body).toBe('admin');
});

test('a client that asks much and reads nothing gets no more than one answer ahead of what its socket takes', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  await client.answerTo('POST', '/onep:v1/stack/alias', api.key, `string=${'x'.repeat(1_000_000)}`);
  let reads = 0;
  const { latest } = api.store;
  api.store.latest = (ids) => {
    reads++;
    return latest(ids);
  };
  client.socket.pause();
  for (let number = 0; number < 64; number++) client.request('GET', '/onep:v1/stack/alias?string', api.key);
  await sleep(1000);
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThan(20);
  client.socket.resume();
  for (let number = 0; number < 64; number++) expect((await client.response())?.status).toBe(200);
  expect(reads).toBe(64);
});
