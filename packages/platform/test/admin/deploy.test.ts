import { parseEngineFetch } from '@gateway-engine/device-api';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { runAdminApi, token } from './running-api.ts';

const device = '/api/v1/products/p1/devices/gw-1';

async function withContent(...ids: string[]) {
  const api = await runAdminApi();
  await api.call('POST', '/api/v1/products', { id: 'p1' });
  await api.call('POST', '/api/v1/products/p1/devices', { sn: 'gw-1' });
  for (const id of ids) {
    await api.call('PUT', `/api/v1/products/p1/content/${id}`, 'x', { Authorization: `Bearer ${token}` });
  }
  return api;
}

test('a deployment writes engine_fetch with the tarballs in their order', async () => {
  await using api = await withContent('a.v1.tar.gz', 'b.v2.tar.gz');
  const install = ['b.v2.tar.gz', 'a.v1.tar.gz'];
  const deployed = await api.call('POST', `${device}/deploy`, { install });
  expect(deployed.status).toBe(200);
  expect(parseEngineFetch(deployed.json.engine_fetch)).toEqual({ install });
  const { latest } = (await api.call('GET', `${device}/resources/engine_fetch`)).json;
  expect(latest).toEqual({ value: deployed.json.engine_fetch, ts: deployed.json.ts });
});

test('a deployment of something that was never uploaded names it and writes nothing', async () => {
  await using api = await withContent('a.v1.tar.gz');
  const refused = await api.call('POST', `${device}/deploy`, { install: ['a.v1.tar.gz', 'c.v1.tar.gz'] });
  expect(refused.status).toBe(404);
  expect(refused.json.error).toEqual({
    code: 'NO_CONTENT',
    message: 'product p1 has no content c.v1.tar.gz; upload it first (nothing was deployed)',
  });
  expect((await api.call('GET', `${device}/resources/engine_fetch`)).json.latest).toBeNull();
});

test.each(['notes.txt', 'app.tar.gz', 'my.app.v1.tar.gz', 'app.v.tar.gz', 'app.v1.tgz'])(
  'a deployment of %s, which is no name of an application tarball, is refused',
  async (id) => {
    await using api = await withContent('a.v1.tar.gz', id);
    const refused = await api.call('POST', `${device}/deploy`, { install: ['a.v1.tar.gz', id] });
    expect([refused.status, refused.json.error.code]).toEqual([400, 'BAD_REQUEST']);
    expect(refused.json.error.message).toMatch(
      /^".*" is no application tarball's name: .*; expected <APP_NAME>\.v<VERSION>\.tar\.gz \(nothing was deployed\)$/,
    );
    expect((await api.call('GET', `${device}/resources/engine_fetch`)).json.latest).toBeNull();
  },
);

test.each([
  [{ remove: ['old-app'] }],
  [{ cancel: ['stuck_app', 'other'] }],
  [{ install: ['a.v1.tar.gz'], remove: ['old-app'], cancel: ['stuck_app'] }],
])('a deployment of %j asks for just that', async (wish) => {
  await using api = await withContent('a.v1.tar.gz');
  const deployed = await api.call('POST', `${device}/deploy`, wish);
  expect(deployed.status).toBe(200);
  expect(JSON.parse(deployed.json.engine_fetch)).toEqual({
    ...wish,
    ...('install' in wish && { install: [{ name: 'a.v1.tar.gz' }] }),
  });
});

test.each([
  [{ remove: ['app.v1.tar.gz'] }],
  [{ cancel: ['-x'] }],
  [{ install: ['a.v1.tar.gz'], remove: ['a b'] }],
])('a deployment of %j, which names no application, is refused', async (wish) => {
  await using api = await withContent('a.v1.tar.gz');
  const refused = await api.call('POST', `${device}/deploy`, wish);
  expect([refused.status, refused.json.error.code]).toEqual([400, 'BAD_REQUEST']);
  expect(refused.json.error.message).toMatch(/^".*" is no application's name: .* \(nothing was deployed\)$/);
  expect((await api.call('GET', `${device}/resources/engine_fetch`)).json.latest).toBeNull();
});

test('two deployments within a second are both there to be seen', async () => {
  await using api = await withContent('a.v1.tar.gz', 'b.v2.tar.gz');
  const deploy = (id: string) => api.call('POST', `${device}/deploy`, { install: [id] });
  const first = await deploy('a.v1.tar.gz');
  const second = deploy('b.v2.tar.gz');
  await waitUntil('the second one to wait', () => api.clock.waiting === 1);
  await api.clock.advance(1000);
  expect((await second).json.ts).toBe(first.json.ts + 1);
  const { points } = (await api.call('GET', `${device}/resources/engine_fetch/history?sort=asc`)).json;
  expect(points.map(([, value]: [number, string]) => parseEngineFetch(value))).toEqual([
    { install: ['a.v1.tar.gz'] },
    { install: ['b.v2.tar.gz'] },
  ]);
});

test('a deployment to an unknown device, or of nothing, is refused', async () => {
  await using api = await withContent('a.v1.tar.gz');
  const install = ['a.v1.tar.gz'];
  const unknown = await api.call('POST', '/api/v1/products/p1/devices/gw-9/deploy', { install });
  expect([unknown.status, unknown.json.error.code]).toEqual([404, 'NO_DEVICE']);
  for (const nothing of [{}, { install: [] }, { install: [], remove: [], cancel: [] }]) {
    const refused = await api.call('POST', `${device}/deploy`, nothing);
    expect(refused.status).toBe(400);
    expect(refused.json.error.message).toContain('at least one of "install", "remove" and "cancel"');
  }
});
