import { expect, test } from 'vitest';
import { runAdminApi, token } from './running-api.ts';

const session = '/api/v1/session';
const right = { username: 'admin', password: 'secret-password' };
const wrong = { username: 'admin', password: 'guess' };
const nobody = {};

test('a login gives a token that is good for 12 hours', async () => {
  await using api = await runAdminApi();
  const login = await api.call('POST', session, right, nobody);
  expect(login.status).toBe(201);
  expect(login.json.expires).toBe(api.clock.now() / 1000 + 12 * 3600);
  const headers = { Authorization: `Bearer ${login.json.token}` };
  expect((await api.call('GET', '/api/v1/products', undefined, headers)).status).toBe(200);
  await api.clock.advance(12 * 3600 * 1000 - 1000);
  expect((await api.call('GET', '/api/v1/products', undefined, headers)).status).toBe(200);
  await api.clock.advance(1000);
  expect((await api.call('GET', '/api/v1/products', undefined, headers)).status).toBe(401);
});

test('after a logout the token is good for nothing, and no other token is touched', async () => {
  await using api = await runAdminApi();
  const login = await api.call('POST', session, right, nobody);
  const headers = { Authorization: `bearer ${login.json.token}` };
  expect((await api.call('DELETE', session, undefined, headers)).status).toBe(204);
  expect((await api.call('DELETE', session, undefined, headers)).status).toBe(401);
  expect((await api.call('GET', '/api/v1/products')).status).toBe(200);
});

test('a token that never expires is no login, and a logout does not end it', async () => {
  await using api = await runAdminApi();
  const refused = await api.call('DELETE', session);
  expect([refused.status, refused.json.error.code]).toEqual([409, 'NO_SESSION']);
  expect((await api.call('GET', '/api/v1/products')).status).toBe(200);
});

test('without a valid token every route answers 401 in one sentence, and nothing happens', async () => {
  await using api = await runAdminApi();
  const document = (await api.call('GET', '/api/v1/openapi.json', undefined, nobody)).json;
  const routes = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  );
  expect(routes.length).toBeGreaterThan(10);
  for (const [method, path] of routes) {
    if (method === 'POST' && path === session) continue;
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    for (const headers of [nobody, { Authorization: 'Bearer wrong' }, { Authorization: `Basic ${token}` }]) {
      const answer = await api.call(method, url, method === 'GET' ? undefined : 'x', headers);
      expect([method, path, answer.status, answer.json?.error.code]).toEqual([
        method,
        path,
        401,
        'UNAUTHORIZED',
      ]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.text).not.toContain('wrong"');
    }
  }
});

test('a wrong password and an unknown user are told alike', async () => {
  await using api = await runAdminApi();
  const password = await api.call('POST', session, wrong, nobody);
  const user = await api.call('POST', session, { username: 'eve', password: 'guess' }, nobody);
  expect([password.status, user.status]).toEqual([401, 401]);
  expect(password.json).toEqual(user.json);
});

test('after five wrong passwords the caller must wait, longer each time, the right one included', async () => {
  await using api = await runAdminApi();
  for (let guess = 0; guess < 5; guess++) {
    expect((await api.call('POST', session, wrong, nobody)).status).toBe(401);
  }
  const braked = await api.call('POST', session, right, nobody);
  expect([braked.status, braked.json.error.code]).toEqual([429, 'SLOW_DOWN']);
  expect(braked.headers.get('retry-after')).toBe('1');
  await api.clock.advance(1000);
  expect((await api.call('POST', session, wrong, nobody)).status).toBe(401);
  expect((await api.call('POST', session, right, nobody)).headers.get('retry-after')).toBe('2');
  await api.clock.advance(2000);
  expect((await api.call('POST', session, right, nobody)).status).toBe(201);
  expect((await api.call('POST', session, wrong, nobody)).status).toBe(401);
});

test('guesses sent all at once are counted like guesses one after the other', async () => {
  await using api = await runAdminApi();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => api.call('POST', session, wrong, nobody)),
  );
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
});
