import { FakeClock } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { runDeviceApi } from './running-device-api.ts';

const path = '/provision/activate';
const known = 'vendor=pump&model=pump&sn=A%3A1';

test('the first activation gives a key that works, the second is a conflict', async () => {
  await using api = await runDeviceApi({ activated: false });
  using client = await api.connect();
  const first = await client.answerTo('POST', path, { 'X-Exosite-CIK': '' }, known);
  expect(first.status).toBe(200);
  expect((await client.answerTo('POST', path, {}, known)).statusLine).toBe('HTTP/1.1 409 Conflict');
  const key = { 'X-Exosite-CIK': first.body };
  expect((await client.answerTo('POST', '/onep:v1/stack/alias', key, 'integer=1')).status).toBe(204);
  expect(await api.store.device('pump', 'A:1')).toMatchObject({ status: 'activated' });
});

test('of twenty activations at once one gets the key', async () => {
  await using api = await runDeviceApi({ activated: false });
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      using client = await api.connect();
      return (await client.answerTo('POST', path, {}, known)).status;
    }),
  );
  expect(answers.toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
});

test('after the window activation is a conflict', async () => {
  const clock = new FakeClock();
  await using api = await runDeviceApi({ clock, activated: false });
  await clock.advance(86_401_000);
  using client = await api.connect();
  expect((await client.answerTo('POST', path, {}, known)).status).toBe(409);
});

test.each([
  ['vendor=valve&model=valve&sn=A%3A1', 404],
  ['vendor=other&model=pump&sn=A%3A1', 404],
  ['vendor=pump&model=pump&sn=B', 404],
  ['vendor=pump&model=pump', 400],
  ['vendor=pump&sn=A%3A1', 400],
  ['sn=A%3A1', 400],
  ['vendor=pump&model=pump&sn=', 400],
  ['', 400],
  [`vendor=pump&model=pump&sn=${'x'.repeat(9000)}`, 413],
])('the body %j is answered with %d', async (body, status) => {
  await using api = await runDeviceApi({ activated: false });
  using client = await api.connect();
  expect((await client.answerTo('POST', path, {}, body)).status).toBe(status);
});

test.each([
  ['pump.m2.exosite.com', 200],
  ['pump.m2.exosite.io:443', 200],
  ['pump:8080', 200],
  ['valve.m2.exosite.com', 404],
  ['127.0.0.1', 404],
  ['', 400],
])('an id alone with the host "%s" is answered with %d', async (host, status) => {
  await using api = await runDeviceApi({ activated: false });
  using client = await api.connect();
  client.send([`POST ${path} HTTP/1.1`, `Host: ${host}`, 'Content-Length: 8'], 'id=A%3A1');
  expect((await client.response())?.status).toBe(status);
});

test('a locked or taken back key is refused', async () => {
  await using api = await runDeviceApi({ activated: false });
  using client = await api.connect();
  const { body: cik } = await client.answerTo('POST', path, {}, known);
  const status = async () =>
    (await client.answerTo('GET', '/onep:v1/stack/alias?integer', { 'X-Exosite-CIK': cik })).status;
  const device = (await api.store.deviceByCik(cik))!;
  // Nothing locks or disables a device yet: its row as those will leave it.
  api.store.deviceByCik = async () => ({ ...device, status: 'locked' });
  expect(await status()).toBe(403);
  api.store.deviceByCik = async () => ({ ...device, status: 'expired' });
  expect(await status()).toBe(401);
});
