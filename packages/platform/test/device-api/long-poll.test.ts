import { FakeClock, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { acceptPoints } from '../../src/device-api/accept-points.ts';
import type { RawResponse } from './raw-client.ts';
import { type RunningDeviceApi, runDeviceApi } from './running-device-api.ts';

const alias = '/onep:v1/stack/alias';
const target = `${alias}?integer`;

const lastModified = ({ headerLines }: RawResponse) =>
  headerLines.find((line) => line.startsWith('Last-Modified: '))?.slice(15) ?? '';

const waiting = (api: RunningDeviceApi) => (api.clock as FakeClock).waiting;

async function pollInBackground(api: RunningDeviceApi, headers: Record<string, string> = {}) {
  const client = await api.connect();
  const before = waiting(api);
  client.request('GET', target, { ...api.key, 'Request-Timeout': '60000', ...headers });
  // One more for the poll, and one for the note of the last contact when that is new.
  await waitUntil('the long poll to wait', () => waiting(api) > before && waiting(api) >= 2);
  return client;
}

test.each([
  [
    'records',
    async (api: RunningDeviceApi, ts: number) => {
      using client = await api.connect();
      await client.answerTo('POST', `${alias}/integer`, api.key, `${ts}=${ts}`);
    },
  ],
  [
    'writes of the operator',
    async (api: RunningDeviceApi, ts: number) => {
      const device = await api.store.device('pump', 'A:1');
      await acceptPoints(api, device!, [{ alias: 'integer', ts, value: `${ts}` }]);
    },
  ],
])('with Last-Modified fed back over fifty quick %s none is lost and none comes twice', async (_, store) => {
  await using api = await runDeviceApi();
  const seen: string[] = [];
  const follow = async () => {
    let since = 'Thu, 01 Jan 1970 00:16:40 GMT';
    while (seen.length < 50) {
      using client = await api.connect();
      const headers = { ...api.key, 'Request-Timeout': '10000', 'If-Modified-Since': since };
      const response = await client.answerTo('GET', target, headers);
      expect(response.status).toBe(200);
      seen.push(response.body);
      since = lastModified(response);
    }
  };
  const store50 = async () => {
    for (let ts = 1001; ts <= 1050; ts++) await store(api, ts);
  };
  await Promise.all([follow(), store50()]);
  expect(seen).toEqual(Array.from({ length: 50 }, (_value, index) => `integer=${1001 + index}`));
});

test('fifty points that come in one batch, newest first, are walked through in their order', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  using writer = await api.connect();
  const times = Array.from({ length: 50 }, (_, index) => 1050 - index);
  const headers = { ...api.key, 'Request-Timeout': '10000' };
  const first = client.answerTo('GET', target, { ...headers, 'If-Modified-Since': '1000' });
  await writer.answerTo('POST', `${alias}/integer`, api.key, times.map((ts) => `${ts}=${ts}`).join('&'));
  let response = await first;
  for (let ts = 1001; ts <= 1050; ts++) {
    expect(response.body).toBe(`integer=${ts}`);
    if (ts === 1050) break;
    response = await client.answerTo('GET', target, {
      ...headers,
      'If-Modified-Since': lastModified(response),
    });
  }
});

test('without a start only a point that is stored from now on wakes it', async () => {
  const clock = new FakeClock();
  await using api = await runDeviceApi({ clock });
  using writer = await api.connect();
  await writer.answerTo('POST', alias, api.key, 'integer=1');
  using client = await pollInBackground(api);
  await writer.answerTo('POST', `${alias}/integer`, api.key, '-60=2');
  await writer.answerTo('POST', alias, api.key, 'string=not+this');
  await writer.answerTo('POST', alias, api.key, 'integer=3');
  const response = await client.response();
  expect([response?.status, response?.body]).toEqual([200, 'integer=3']);
  expect(lastModified(response!)).toBe(new Date(clock.now()).toUTCString());
});

test('a recorded point of old wakes a poll whose start it is after', async () => {
  await using api = await runDeviceApi({ clock: new FakeClock() });
  using writer = await api.connect();
  using client = await pollInBackground(api, { 'If-Modified-Since': '1000' });
  await writer.answerTo('POST', `${alias}/integer`, api.key, '1000=0&999=1');
  await writer.answerTo('POST', `${alias}/integer`, api.key, '1001=2');
  expect((await client.response())?.body).toBe('integer=2');
});

test('when the time is over the answer is 304 without a body, and the connection goes on', async () => {
  const clock = new FakeClock();
  await using api = await runDeviceApi({ clock });
  using client = await pollInBackground(api, { 'Request-Timeout': '999999999' });
  await clock.advance(299_999);
  expect(client.rest).toBe('');
  await clock.advance(1);
  expect((await client.response())?.status).toBe(304);
  expect((await client.answerTo('GET', '/timestamp')).status).toBe(200);
});

test('the other spelling of the start and a plain number of it are taken', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  await client.answerTo('POST', `${alias}/integer`, api.key, '1000=1&2000=2');
  const poll = async (headers: Record<string, string>) =>
    (await client.answerTo('GET', target, { ...api.key, 'Request-Timeout': '5', ...headers })).body;
  expect(await poll({ 'If-Not-Modified-Since': '1500' })).toBe('integer=2');
  expect(await poll({ 'If-Modified-Since': '0' })).toBe('integer=1');
  expect(await poll({ 'If-Modified-Since': 'Thursday, 01-Jan-70 00:16:40 GMT' })).toBe('integer=2');
  expect(await poll({ 'If-Modified-Since': 'Thu Jan  1 00:16:40 1970' })).toBe('integer=2');
  const plain = await client.answerTo('GET', target, { ...api.key, 'If-Modified-Since': '5000' });
  expect(plain.body).toBe('integer=2');
});

test.each([
  ['?integer', 'soon', '', 400],
  ['?integer', '0', '', 400],
  ['?integer', '-5', '', 400],
  ['?integer', '1.5', '', 400],
  ['?integer', '50', 'yesterday', 400],
  ['?integer&string', '50', '', 400],
  ['', '50', '', 400],
  ['?unknown', '50000', '', 204],
])(
  'a poll of "%s" with Request-Timeout %s and start "%s" is answered %d at once',
  async (query, wait, since, status) => {
    await using api = await runDeviceApi();
    using client = await api.connect();
    const headers = { ...api.key, 'Request-Timeout': wait, 'If-Modified-Since': since };
    expect((await client.answerTo('GET', `${alias}${query}`, headers)).status).toBe(status);
  },
);

test('a client that goes away ends its wait, also with requests queued behind', async () => {
  await using api = await runDeviceApi({ clock: new FakeClock() });
  const client = await pollInBackground(api);
  const others = waiting(api) - 1;
  client.request('GET', target, { ...api.key, 'Request-Timeout': '60000' });
  client.socket.destroy();
  await waitUntil('the wait to end', () => waiting(api) === others);
  using half = await pollInBackground(api);
  half.socket.end();
  await waitUntil('the wait to end', () => waiting(api) === others);
  using cut = await pollInBackground(api);
  cut.socket.end('POST /onep:v1/stack/alias HTTP/1.1\r\nContent-Length: 5\r\n\r\nab');
  await waitUntil('the wait to end', () => waiting(api) === others);
});

test('when the server stops, long polls are answered at once and their connections end', async () => {
  await using api = await runDeviceApi({ clock: new FakeClock() });
  using client = await pollInBackground(api);
  api.device.close();
  const response = await client.response();
  expect(response?.status).toBe(304);
  expect(response?.headerLines).toContain('Connection: close');
  await client.end();
});
