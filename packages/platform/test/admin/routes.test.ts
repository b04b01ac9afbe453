import { waitUntil } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NewPoint } from '../../src/store/port.ts';
import { runAdminApi } from './running-api.ts';

const products = '/api/v1/products';
const device = `${products}/p1/devices/gw-1`;

async function withDevice() {
  const api = await runAdminApi();
  const resources = [
    { alias: 'level', format: 'integer', settable: true },
    { alias: 'note', format: 'string', settable: true },
  ];
  await api.call('POST', products, { id: 'p1', resources });
  await api.call('POST', `${products}/p1/devices`, { sn: 'gw-1' });
  return api;
}

test('a product has the six resources of every gateway and its own', async () => {
  await using api = await runAdminApi();
  const own = { alias: 'sine-data', format: 'float', settable: false };
  const created = await api.call('POST', products, { id: 'p1', resources: [own] });
  expect(created.status).toBe(201);
  expect(created.json.resources).toHaveLength(7);
  expect(created.json.resources).toContainEqual(own);
  expect(created.json.resources).toContainEqual({ alias: 'engine_fetch', format: 'string', settable: true });
  expect((await api.call('GET', products)).json).toEqual({ products: [created.json] });
});

test('a product without an id gets one of 16 lowercase letters and digits', async () => {
  await using api = await runAdminApi();
  const created = await api.call('POST', products, {});
  expect(created.json.id).toMatch(/^[a-z][a-z0-9]{15}$/);
});

test('a product that exists is a conflict and stays as it is', async () => {
  await using api = await withDevice();
  const again = await api.call('POST', products, { id: 'p1' });
  expect(again.status).toBe(409);
  expect(again.json).toEqual({
    error: { code: 'EXISTS', message: 'there is a product p1 already; use it, or take another name' },
  });
  expect((await api.call('GET', products)).json.products[0].resources).toHaveLength(8);
});

test('a resource given twice, or one that every gateway has, is refused by name', async () => {
  await using api = await runAdminApi();
  const level = { alias: 'level', format: 'integer', settable: true };
  const twice = await api.call('POST', products, { id: 'p1', resources: [level, level] });
  expect([twice.status, twice.json.error.message]).toEqual([
    400,
    'the resource level is given twice; name it once',
  ]);
  const known = { alias: 'engine_fetch', format: 'string', settable: true };
  const own = await api.call('POST', products, { id: 'p1', resources: [known] });
  expect(own.json.error.message).toBe('every product has the resource engine_fetch already; leave it out');
  expect((await api.call('GET', products)).json.products).toEqual([]);
});

test('a body that is not as expected is told with its place', async () => {
  await using api = await runAdminApi();
  const wrong = await api.call('POST', products, { id: 'a b', resources: [{ alias: 'x' }] });
  expect(wrong.status).toBe(400);
  expect(wrong.json.error.code).toBe('BAD_REQUEST');
  expect(wrong.json.error.message).toContain('id: a product id is 1 to 64 of A-Z a-z 0-9 . _ -');
  expect(wrong.json.error.message).toContain('resources.0.format: ');
  const headers = { Authorization: 'Bearer a-token-of-the-test', 'Content-Type': 'application/json' };
  const garbage = await api.call('POST', products, '{nonsense', headers);
  expect([garbage.status, garbage.json.error.code]).toEqual([400, 'BAD_REQUEST']);
  const xml = await api.call('POST', products, '<a/>', { ...headers, 'Content-Type': 'text/xml' });
  expect([xml.status, xml.json.error.code]).toEqual([415, 'UNSUPPORTED_TYPE']);
});

test('a device is added not yet activated, listed and shown with the values it has', async () => {
  await using api = await withDevice();
  const listed = await api.call('GET', `${products}/p1/devices`);
  expect(listed.json.devices).toEqual([
    {
      product: 'p1',
      sn: 'gw-1',
      rid: expect.stringMatching(/^[0-9a-f]{40}$/),
      status: 'notactivated',
      last_contact: null,
    },
  ]);
  const written = await api.call('PUT', `${device}/resources/level`, { value: ' 007.9 ' });
  expect([written.status, written.json.value]).toEqual([200, '7']);
  const shown = await api.call('GET', device);
  expect(shown.json).toMatchObject(listed.json.devices[0]);
  expect(shown.json.resources).toHaveLength(8);
  expect(shown.json.resources).toContainEqual({
    alias: 'level',
    format: 'integer',
    settable: true,
    latest: written.json,
  });
  expect(shown.json.resources).toContainEqual({
    alias: 'note',
    format: 'string',
    settable: true,
    latest: null,
  });
});

test('a device added twice is a conflict', async () => {
  await using api = await withDevice();
  const again = await api.call('POST', `${products}/p1/devices`, { sn: 'gw-1' });
  expect([again.status, again.json.error.code]).toEqual([409, 'EXISTS']);
});

test('what does not exist is named, wherever it stands in the path', async () => {
  await using api = await withDevice();
  const expectations = [
    ['GET', `${products}/p2/devices`, 'NO_PRODUCT', 'there is no product p2'],
    ['POST', `${products}/p2/devices`, 'NO_PRODUCT', 'there is no product p2'],
    ['GET', `${products}/p2/devices/gw-1`, 'NO_PRODUCT', 'there is no product p2'],
    ['GET', `${products}/p1/devices/gw-2`, 'NO_DEVICE', 'product p1 has no device gw-2'],
    ['GET', `${device}/resources/nope`, 'NO_RESOURCE', 'has no resource nope'],
    ['PUT', `${device}/resources/nope`, 'NO_RESOURCE', 'has no resource nope'],
    ['GET', `${device}/resources/nope/history`, 'NO_RESOURCE', 'has no resource nope'],
    ['GET', `${products}/p2/content`, 'NO_PRODUCT', 'there is no product p2'],
    ['DELETE', `${products}/p1/content/a.tar.gz`, 'NO_CONTENT', 'no content a.tar.gz'],
    ['GET', '/api/v1/nonsense', 'NOT_FOUND', 'there is no GET /api/v1/nonsense'],
    ['DELETE', `${products}/p1`, 'NOT_FOUND', 'there is no DELETE /api/v1/products/p1'],
  ] as const;
  for (const [method, path, code, sentence] of expectations) {
    const bodies = { POST: { sn: 'x' }, PUT: { value: 'x' }, GET: undefined, DELETE: undefined };
    const answer = await api.call(method, path, bodies[method]);
    expect([method, path, answer.status, answer.json.error.code]).toEqual([method, path, 404, code]);
    expect(answer.json.error.message).toContain(sentence);
  }
});

test('a value that does not fit the format is refused and nothing is written', async () => {
  await using api = await withDevice();
  for (const value of ['many', '']) {
    const refused = await api.call('PUT', `${device}/resources/level`, { value });
    expect([refused.status, refused.json.error.code]).toEqual([400, 'BAD_VALUE']);
    expect(refused.json.error.message).toMatch(/level.*integer.*nothing was written/);
  }
  expect((await api.call('GET', `${device}/resources/level`)).json.latest).toBeNull();
});

test('a written value wakes whoever listens to the resource', async () => {
  await using api = await withDevice();
  const { rid } = (await api.call('GET', device)).json;
  const note = (await api.store.resources(rid)).get('note')!;
  const heard: NewPoint[] = [];
  api.points.listen(note.id, (point) => heard.push(point));
  const written = await api.call('PUT', `${device}/resources/note`, { value: '' });
  expect(written.status).toBe(200);
  expect(heard).toEqual([{ resourceId: note.id, ...written.json }]);
});

test('two writes within a second are both kept, each in a second of its own and in their order', async () => {
  await using api = await withDevice();
  const path = `${device}/resources/note`;
  await api.clock.advance(400);
  const start = api.clock.now();
  const first = await api.call('PUT', path, { value: 'first' });
  const second = api.call('PUT', path, { value: 'second' });
  await waitUntil('the second write to wait', () => api.clock.waiting === 1);
  const third = api.call('PUT', path, { value: 'third' });
  // Another resource has seconds of its own.
  expect((await api.call('PUT', `${device}/resources/level`, { value: '1' })).status).toBe(200);
  await api.clock.advance(599);
  expect((await api.call('GET', path)).json.latest.value).toBe('first');
  await api.clock.advance(1);
  expect((await second).json).toEqual({ value: 'second', ts: first.json.ts + 1 });
  await waitUntil('the third write to wait', () => api.clock.waiting === 1);
  await api.clock.advance(1000);
  expect((await third).json.ts).toBe(first.json.ts + 2);
  expect(api.clock.now() - start).toBe(1600);
  const { points } = (await api.call('GET', `${path}/history?sort=asc`)).json;
  expect(points.map(([, value]: [number, string]) => value)).toEqual(['first', 'second', 'third']);
});

test('a write does not replace what the device wrote in that second', async () => {
  await using api = await withDevice();
  const { rid } = (await api.call('GET', device)).json;
  const resourceId = (await api.store.resources(rid)).get('note')!.id;
  const ts = api.clock.now() / 1000;
  await api.store.storePoints([{ resourceId, ts, value: 'of the device' }]);
  const written = api.call('PUT', `${device}/resources/note`, { value: 'of the operator' });
  await waitUntil('the write to wait', () => api.clock.waiting === 1);
  await api.clock.advance(1000);
  expect((await written).json.ts).toBe(ts + 1);
  const { points } = (await api.call('GET', `${device}/resources/note/history?sort=asc`)).json;
  expect(points).toEqual([
    [ts, 'of the device'],
    [ts + 1, 'of the operator'],
  ]);
});

test('a write waits two seconds at most for a device that writes in every second', async () => {
  await using api = await withDevice();
  const { rid } = (await api.call('GET', device)).json;
  const resourceId = (await api.store.resources(rid)).get('note')!.id;
  const ts = api.clock.now() / 1000;
  const points = [0, 1, 2, 3].map((n) => ({ resourceId, ts: ts + n, value: `${n}` }));
  await api.store.storePoints(points);
  const written = api.call('PUT', `${device}/resources/note`, { value: 'stop' });
  for (const turn of ['first', 'second']) {
    await waitUntil(`the ${turn} wait`, () => api.clock.waiting === 1);
    await api.clock.advance(1000);
  }
  expect((await written).json).toEqual({ value: 'stop', ts: ts + 2 });
});

test('writes that wait are limited in number, and a refused one does not hold up the next', async () => {
  await using api = await withDevice();
  const path = `${device}/resources/level`;
  expect((await api.call('PUT', path, { value: 'much' })).status).toBe(400);
  let refused = false;
  const writes = Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const { status } = await api.call('PUT', path, { value: n === 3 ? 'much' : `${n}` });
      refused ||= status === 429;
      return status;
    }),
  );
  let answered = false;
  void writes.then(() => {
    answered = true;
  });
  await waitUntil('a refusal', () => refused);
  await waitUntil('all answers', async () => {
    await api.clock.advance(1000);
    return answered;
  });
  const statuses = await writes;
  const { points } = (await api.call('GET', `${path}/history`)).json;
  expect(points).toHaveLength(statuses.filter((status) => status === 200).length);
});

test('history gives points in a range, newest first unless asked otherwise', async () => {
  await using api = await withDevice();
  const path = `${device}/resources/note`;
  const times: number[] = [];
  for (const value of ['a', 'b', 'c']) {
    times.push((await api.call('PUT', path, { value })).json.ts);
    await api.clock.advance(1000);
  }
  const [first, second, third] = times;
  const points = async (query: string) => (await api.call('GET', `${path}/history${query}`)).json.points;
  expect(await points('')).toEqual([
    [third, 'c'],
    [second, 'b'],
    [first, 'a'],
  ]);
  expect(await points('?limit=1')).toEqual([[third, 'c']]);
  expect(await points(`?sort=asc&start=${second}&end=${third}`)).toEqual([
    [second, 'b'],
    [third, 'c'],
  ]);
  const wrong = await api.call('GET', `${path}/history?limit=0`);
  expect([wrong.status, wrong.json.error.message]).toEqual([
    400,
    expect.stringContaining("the request's query is not as expected: limit: "),
  ]);
});

test('any serial number and any value come back as they went in', async () => {
  await using api = await runAdminApi();
  await api.call('POST', products, {
    id: 'p1',
    resources: [{ alias: 'a/b ?&%+', format: 'string', settable: true }],
  });
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });
  const sn = text.filter((name) => !/^\.{1,2}$|\p{Cc}/u.test(name) && name.length <= 128);
  await fc.assert(
    fc.asyncProperty(sn, fc.string({ unit: 'grapheme' }), async (serial, value) => {
      const added = await api.call('POST', `${products}/p1/devices`, { sn: serial });
      expect([201, 409]).toContain(added.status);
      const path = `${products}/p1/devices/${encodeURIComponent(serial)}/resources/${encodeURIComponent('a/b ?&%+')}`;
      expect((await api.call('PUT', path, { value })).json.value).toBe(value);
      await api.clock.advance(1000);
      expect((await api.call('GET', path)).json.latest.value).toBe(value);
      expect((await api.call('GET', `${products}/p1/devices`)).json.devices).toContainEqual(
        expect.objectContaining({ sn: serial }),
      );
    }),
    { numRuns: 25 },
  );
});

test.each(['.', '..', 'a\nb', '\0', 'a\u007f', '\u0085', '\ud800'])(
  'the serial number %j, which no path can name, is refused',
  async (sn) => {
    await using api = await withDevice();
    const refused = await api.call('POST', `${products}/p1/devices`, { sn });
    expect([refused.status, refused.json.error.code]).toEqual([400, 'BAD_REQUEST']);
    expect(refused.json.error.message).toContain('a serial number has no control characters');
    expect((await api.call('GET', `${products}/p1/devices`)).json.devices).toHaveLength(1);
  },
);

test('a path that is no percent-encoding is a 400 in the same shape', async () => {
  await using api = await withDevice();
  const answer = await api.call('GET', `${products}/%zz/devices`);
  expect([answer.status, answer.json.error.code]).toEqual([400, 'BAD_REQUEST']);
});

test('a value of a mebibyte is taken, a longer one is refused', async () => {
  await using api = await withDevice();
  const longest = '\u0001'.repeat(1024 * 1024);
  expect((await api.call('PUT', `${device}/resources/note`, { value: longest })).status).toBe(200);
  expect((await api.call('PUT', `${device}/resources/note`, { value: `${longest}x` })).status).toBe(400);
  const huge = 'x'.repeat(7 * 1024 * 1024);
  const refused = await api.call('PUT', `${device}/resources/note`, { value: huge });
  expect([refused.status, refused.json.error.code]).toEqual([413, 'TOO_LARGE']);
});
