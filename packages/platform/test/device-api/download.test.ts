import { createHash, randomBytes } from 'node:crypto';
import { truncate, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { runDeviceApi } from './running-device-api.ts';

const path = '/provision/download?vendor=pump&model=pump';

test('a list names each content on a line; nothing there is 204', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  expect((await client.answerTo('GET', path, api.key)).status).toBe(204);
  await api.upload('b', Buffer.from('1'));
  await api.upload('a', Buffer.from('2'));
  const list = await client.answerTo('GET', path, api.key);
  expect([list.status, list.body]).toEqual([200, 'a\r\nb']);
  expect(list.headerLines).toContain('Content-Type: text/csv; charset=utf-8');
});

test('a field of an info with commas is quoted', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  await api.upload('a b', Buffer.from('123'), { meta: 'x, "y"', contentType: 'text/plain; a=b' });
  const info = await client.answerTo('GET', `${path}&id=a%20b&info=true`, api.key);
  expect(info.body).toBe('text/plain; a=b,3,1700000000,"x, ""y"""');
});

test.each([
  ['/provision/download?vendor=pump&model=pump', {}, 401],
  ['/provision/download?vendor=valve&model=valve', 'key', 403],
  ['/provision/download?vendor=valve&model=valve&id=app', 'key', 403],
  ['/provision/download?vendor=valve&model=valve&id=app&info=true', 'key', 400],
  ['/provision/download?model=pump', 'key', 400],
  ['/provision/download', 'key', 400],
  ['/provision/download?vendor=pump&model=pump&id=none', 'key', 404],
  ['/provision/download?vendor=pump&model=pump&id=none&info=true', 'key', 404],
])('GET %s with %j is refused with %d', async (target, key, status) => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  expect((await client.answerTo('GET', target, key === 'key' ? api.key : {})).status).toBe(status);
});

test('ranges are cut out to the byte', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  await api.upload('app', Buffer.from('0123456789'), { contentType: 'application/x-odd; v=1' });
  const get = (range: string) => client.answerTo('GET', `${path}&id=app`, { ...api.key, Range: range });
  const part = async (range: string) => {
    const { status, body, headerLines } = await get(range);
    const [contentRange] = headerLines.filter((line) => line.startsWith('Content-Range: '));
    return [status, body, contentRange?.slice(15)];
  };
  expect(await part('bytes=2-4')).toEqual([206, '234', 'bytes 2-4/10']);
  expect(await part('bytes=7-')).toEqual([206, '789', 'bytes 7-9/10']);
  expect(await part('bytes=-2')).toEqual([206, '89', 'bytes 8-9/10']);
  expect(await part('bytes=-20')).toEqual([206, '0123456789', 'bytes 0-9/10']);
  expect(await part('bytes=8-99')).toEqual([206, '89', 'bytes 8-9/10']);
  expect(await part('bytes=10-')).toEqual([416, 'HTTP/1.1 416 Range Not Satisfiable\r\n', 'bytes */10']);
  for (const unreadable of ['bytes=-', 'bytes=a-b', 'lines=1-2', 'bytes=5-2', 'bytes=0-1,4-5']) {
    expect(await part(unreadable)).toEqual([200, '0123456789', undefined]);
  }
  expect((await get('bytes=2-4')).headerLines).toContain('Content-Type: application/x-odd; v=1');
});

test('an empty content is downloaded', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  await api.upload('empty', Buffer.alloc(0));
  const whole = await client.answerTo('GET', `${path}&id=empty`, api.key);
  expect([whole.status, whole.body, whole.headerLines.includes('Content-Length: 0')]).toEqual([
    200,
    '',
    true,
  ]);
  expect((await client.answerTo('GET', `${path}&id=empty`, { ...api.key, Range: 'bytes=0-' })).status).toBe(
    416,
  );
});

test('a large content arrives whole, in one piece and in parts', async () => {
  await using api = await runDeviceApi();
  const bytes = randomBytes(3_000_000);
  await api.upload('big', bytes);
  using client = await api.connect();
  const whole = await client.answerTo('GET', `${path}&id=big`, api.key);
  expect(whole.bytes.subarray(-bytes.length).equals(bytes)).toBe(true);
  const digest = createHash('sha256');
  for (let first = 0; first < bytes.length; first += 700_000) {
    const headers = { ...api.key, Range: `bytes=${first}-${first + 699_999}` };
    const { bytes: all, headerLines } = await client.answerTo('GET', `${path}&id=big`, headers);
    const length = Number(headerLines.find((line) => line.startsWith('Content-Length: '))?.slice(16));
    digest.update(all.subarray(-length));
  }
  expect(digest.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('a client that does not read holds no more than a few buffers', async () => {
  await using api = await runDeviceApi();
  const bytes = Buffer.alloc(64 * 2 ** 20, 'z');
  await api.upload('huge', bytes);
  using client = await api.connect();
  client.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  client.request('GET', `${path}&id=huge`, api.key);
  await sleep(500);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  let received = 0;
  client.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  client.socket.resume();
  await waitUntil('the rest', () => received > bytes.length);
});

test('a client that leaves in the middle of a download is let go', async () => {
  await using api = await runDeviceApi();
  await api.upload('huge', Buffer.alloc(16 * 2 ** 20));
  const client = await api.connect();
  client.socket.pause();
  client.request('GET', `${path}&id=huge`, api.key);
  await sleep(100);
  client.socket.destroy();
  const connections = () =>
    new Promise<number>((resolve, reject) =>
      api.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  await waitUntil('the connection to end', async () => (await connections()) === 0);
});

test('a download under way goes on with the old bytes when the content is replaced', async () => {
  await using api = await runDeviceApi();
  const old = Buffer.alloc(32 * 2 ** 20, 'a');
  await api.upload('app', old);
  using client = await api.connect();
  client.socket.pause();
  const answer = client.answerTo('GET', `${path}&id=app`, api.key);
  await sleep(200);
  await api.upload('app', Buffer.from('new'));
  client.socket.resume();
  const { bytes } = await answer;
  expect(bytes.subarray(-old.length).equals(old)).toBe(true);
  expect((await client.answerTo('GET', `${path}&id=app`, api.key)).body).toBe('new');
});

test('content whose file is damaged or gone is a failure of ours: 500', async () => {
  await using api = await runDeviceApi();
  const { blob } = await api.upload('app', Buffer.from('bytes'));
  using client = await api.connect();
  const get = async () => (await client.answerTo('GET', `${path}&id=app`, api.key)).body;
  await truncate(blob, 3);
  expect(await get()).toBe('HTTP/1.1 500 Internal Server Error\r\n');
  await unlink(blob);
  expect(await get()).toBe('HTTP/1.1 500 Internal Server Error\r\n');
});
