import { decodeForm, encodeForm, encodeFormText } from '@gateway-engine/device-api';
import { silentLogger } from '@gateway-engine/host';
import { FakeClock, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/store/port.ts';
import { runDeviceApi } from './running-device-api.ts';

const alias = '/onep:v1/stack/alias';
const record = '/onep:v1/stack/record';

test.each([
  'a&b=c +%',
  '\u{1F600}',
  '100%',
  '',
  '{"a": ["b", 1]}',
  '\r\n',
  'a=b',
  '\t',
  'ünïcödé',
  '\n'.repeat(50),
])('the value %j comes back byte for byte, written or recorded', async (value) => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const readBack = async () => {
    const { body } = await client.answerTo('GET', `${alias}?string`, api.key);
    expect(body).toBe(`string=${encodeFormText(value)}`);
    return decodeForm(body);
  };
  const form = encodeForm([['string', value]]);
  expect((await client.answerTo('POST', alias, api.key, form)).status).toBe(204);
  expect(await readBack()).toEqual([['string', value]]);
  const point = `4000000000=${encodeFormText(value)}`;
  expect((await client.answerTo('POST', record, api.key, `alias=string&${point}`)).status).toBe(204);
  expect(await readBack()).toEqual([['string', value]]);
  expect((await client.answerTo('POST', `${alias}/string`, api.key, point)).status).toBe(204);
  expect(await readBack()).toEqual([['string', value]]);
  expect((await api.history('string')).map(([, kept]) => kept)).toEqual([value, value]);
});

test('values as devices write them by hand are taken', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const read = async () =>
    decodeForm((await client.answerTo('GET', `${alias}?string`, api.key)).body)[0]?.[1];
  await client.answerTo('POST', alias, api.key, 'string={"pressure": "63"}');
  expect(await read()).toBe('{"pressure": "63"}');
  await client.answerTo('POST', alias, api.key, 'string=a+b%2\r\n\0');
  expect(await read()).toBe('a b%2');
  await client.answerTo('POST', alias, api.key, '&&string=x=y&');
  expect(await read()).toBe('x=y');
});

test('while the disk is full a write is answered 503, said once a minute, and reads go on', async () => {
  const said: unknown[] = [];
  const logger = Object.assign(Object.create(silentLogger), { error: (text: unknown) => said.push(text) });
  const clock = new FakeClock();
  await using api = await runDeviceApi({ clock, logger });
  using client = await api.connect();
  const write = () => client.answerTo('POST', alias, api.key, 'string=a');
  await write();
  const { storePoints } = api.store;
  api.store.storePoints = async () => {
    throw new StoreError('FULL', 'full');
  };
  expect((await write()).body).toBe('HTTP/1.1 503 Service Unavailable\r\n');
  expect((await write()).status).toBe(503);
  expect(said).toEqual(['devices are answered 503, free some space: full']);
  expect((await client.answerTo('GET', `${alias}?string`, api.key)).body).toBe('string=a');
  await clock.advance(60_000);
  expect((await write()).status).toBe(503);
  expect(said).toHaveLength(2);
  api.store.storePoints = storePoints;
  expect((await write()).status).toBe(204);
});

test('all values of a request get one second, and a second write within it replaces the first', async () => {
  const clock = new FakeClock(1_700_000_000_600);
  await using api = await runDeviceApi({ clock });
  using client = await api.connect();
  await client.answerTo('POST', alias, api.key, 'string=a&integer=1');
  await client.answerTo('POST', alias, api.key, 'string=b');
  await clock.advance(400);
  await client.answerTo('POST', alias, api.key, 'string=c');
  expect(await api.history('string')).toEqual([
    [1_700_000_000, 'b'],
    [1_700_000_001, 'c'],
  ]);
  expect(await api.history('integer')).toEqual([[1_700_000_000, '1']]);
});

test.each([
  ['unknown=1', 204, ''],
  ['', 204, ''],
  ['string=a&string=b', 204, 'string=b'],
  ['integer=&float=&string=', 204, 'string='],
  ['integer=5.9&float=1.50&string=1.50', 204, 'float=1.5&integer=5&string=1.50'],
  ['string=a&integer=five', 400, ''],
  ['string=a&float=1,5', 400, ''],
  ['string=a&integer', 400, ''],
  ['string=%FF', 400, ''],
])('the write %j is answered with %d and %j is there then', async (form, status, values) => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  expect((await client.answerTo('POST', alias, api.key, form)).status).toBe(status);
  const read = await client.answerTo('GET', `${alias}?string&integer&float`, api.key);
  expect([read.status, read.body]).toEqual(values === '' ? [204, ''] : [200, values]);
});

test('a body that is no form is refused with 415', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  for (const path of [alias, record]) {
    const type = 'Content-Type: application/json';
    const cik = `X-Exosite-CIK: ${api.cik}`;
    client.send([`POST ${path} HTTP/1.1`, type, cik, 'Content-Length: 8'], 'string=1');
    expect((await client.response())?.statusLine).toBe('HTTP/1.1 415 Unsupported Media Type');
  }
  expect(await api.history('string')).toEqual([]);
});

test('a read answers in the reverse order, each alias once, and passes over what is not there', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const read = async (query: string) => (await client.answerTo('GET', `${alias}?${query}`, api.key)).body;
  await client.answerTo('POST', alias, api.key, 'float=1&integer=2&string=3');
  expect(await read('string&integer&float')).toBe('float=1&integer=2&string=3');
  expect(await read('unknown&string&str%69ng&string=x&engine_fetch')).toBe('string=3');
  expect((await client.answerTo('GET', `${alias}?unknown`, api.key)).status).toBe(204);
  expect((await client.answerTo('GET', alias, api.key)).status).toBe(204);
});

test('a hybrid call writes first and reads then', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const fresh = await client.answerTo('POST', `${alias}?string&integer`, api.key, 'string=new');
  expect([fresh.status, fresh.body]).toEqual([200, 'string=new']);
  const nothing = await client.answerTo('POST', `${alias}?integer`, api.key, 'string=newer');
  expect([nothing.status, nothing.body]).toEqual([204, '']);
});

test('the same record twice is answered 204 both times and is there once', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const batch = 'alias=string&10=a&20=b%26c&alias=integer&10=1&alias=unknown&1=x';
  for (let time = 0; time < 2; time++) {
    expect((await client.answerTo('POST', record, api.key, batch)).status).toBe(204);
    expect((await client.answerTo('POST', `${alias}/string`, api.key, '10=a&30=c')).status).toBe(204);
  }
  expect(await api.history('string')).toEqual([
    [10, 'a'],
    [20, 'b&c'],
    [30, 'c'],
  ]);
  expect(await api.history('integer')).toEqual([[10, '1']]);
});

test('a recorded point is the newest only when its time is', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  await client.answerTo('POST', alias, api.key, 'string=now');
  await client.answerTo('POST', record, api.key, 'alias=string&-60=old');
  const read = await client.answerTo('GET', `${alias}?string`, api.key);
  expect(read.body).toBe('string=now');
});

test('two points of an alias in one second are a conflict, told by alias, and nothing is stored', async () => {
  await using api = await runDeviceApi();
  using client = await api.connect();
  const form =
    'alias=string&10=a&10.5=b&11=x&11=y&alias=integer&5=1&alias=float&7=1&alias=string&9=c&alias=float&7=2';
  const refused = await client.answerTo('POST', record, api.key, form);
  expect([refused.statusLine, refused.body]).toEqual(['HTTP/1.1 409 Conflict', 'string=10&float=7']);
  expect((await client.answerTo('POST', `${alias}/string`, api.key, '3=a&3=a')).body).toBe('string=3');
  expect(await api.history('string')).toEqual([]);
  expect(await api.history('integer')).toEqual([]);
});

test.each(['1=a&alias=string', 'alias=string&one=a', 'alias=string&1', 'alias', 'alias=integer&1=one'])(
  'the record %j is refused with 400',
  async (form) => {
    await using api = await runDeviceApi();
    using client = await api.connect();
    expect((await client.answerTo('POST', record, api.key, form)).status).toBe(400);
    expect(await api.history('string')).toEqual([]);
  },
);

test('no key, a bad one, an unknown one: 401; every known one is noted as heard of', async () => {
  const clock = new FakeClock();
  await using api = await runDeviceApi({ clock });
  using client = await api.connect();
  const status = async (headers: Record<string, string>) =>
    (await client.answerTo('POST', alias, headers, 'string=1')).status;
  expect(await status({})).toBe(401);
  expect(await status({ 'X-Exosite-CIK': '' })).toBe(401);
  expect(await status({ 'X-Exosite-CIK': api.cik.toUpperCase() })).toBe(401);
  expect(await status({ 'X-Exosite-CIK': '0'.repeat(40) })).toBe(401);
  expect(await status({ 'X-Exosite-CIK': api.rid })).toBe(401);
  await clock.advance(60_000);
  await client.answerTo('GET', `${alias}?string`, api.key);
  const heard = async () => (await api.store.device('pump', 'A:1'))?.lastContact;
  expect(await heard()).toBe(Math.floor(clock.now() / 1000));
  await clock.advance(60_000);
  await client.answerTo('GET', '/provision/download?vendor=pump&model=pump', api.key);
  expect(await heard()).toBe(Math.floor(clock.now() / 1000));
});

test('fifty connections at once are all served', async () => {
  await using api = await runDeviceApi();
  const clients = await Promise.all(Array.from({ length: 50 }, () => api.connect()));
  const answers = await Promise.all(
    clients.map((client, second) =>
      client.answerTo('POST', `${alias}/integer`, api.key, `${second}=${second}`),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  expect(await api.history('integer')).toHaveLength(50);
  for (const client of clients) client[Symbol.dispose]();
});

test('a client that stops in the middle of a body is let go and nothing is stored', async () => {
  const clock = new FakeClock();
  await using api = await runDeviceApi({ clock });
  using slow = await api.connect();
  const head = [`POST ${alias} HTTP/1.1`, `X-Exosite-CIK: ${api.cik}`, 'Content-Length: 100'];
  slow.send(head, 'string=1');
  await waitUntil('the request to be read', () => clock.waiting > 1);
  await clock.advance(120_000);
  expect((await slow.response())?.statusLine).toBe('HTTP/1.1 408 Request Timeout');
  await slow.end();
  using gone = await api.connect();
  gone.send(head, 'string=1');
  await waitUntil('the request to be read', () => clock.waiting > 1);
  gone.socket.destroy();
  await waitUntil('the request to be given up', () => clock.waiting <= 1);
  expect(await api.history('string')).toEqual([]);
});
