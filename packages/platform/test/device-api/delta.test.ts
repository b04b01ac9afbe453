import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { twoVersions } from '../deltas/two-versions.ts';
import { runDeviceApi } from './running-device-api.ts';

const path = '/gateway-engine/v1/delta?from=app.v1.tar.gz&to=app.v2.tar.gz';

async function withTwoVersions() {
  const api = await runDeviceApi();
  const { old, changed } = twoVersions(200_000);
  await api.upload('app.v1.tar.gz', gzipSync(old));
  await api.upload('app.v2.tar.gz', gzipSync(changed));
  await api.upload('other.v2.tar.gz', gzipSync(changed));
  const get = async (target: string, headers: Record<string, string> = api.key) => {
    const answer = await fetch(`http://127.0.0.1:${api.port}${target}`, { headers });
    return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  return { ...api, get, old, changed };
}

test('a device gets what makes the new version of the old one, whole and in parts', async () => {
  await using api = await withTwoVersions();
  const { answer, bytes } = await api.get(path);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zstd']);
  expect(zstdDecompressSync(bytes, { dictionary: api.old }).equals(api.changed)).toBe(true);
  const part = await api.get(path, { ...api.key, Range: 'bytes=10-' });
  expect([part.answer.status, part.answer.headers.get('content-range')]).toEqual([
    206,
    `bytes 10-${bytes.length - 1}/${bytes.length}`,
  ]);
  expect(part.bytes.equals(bytes.subarray(10))).toBe(true);
  const beyond = await api.get(path, { ...api.key, Range: `bytes=${bytes.length}-` });
  expect(beyond.answer.status).toBe(416);
});

test.each([
  [path, false, 401],
  ['/gateway-engine/v1/delta', true, 400],
  ['/gateway-engine/v1/delta?from=app.v1.tar.gz', true, 400],
  ['/gateway-engine/v1/delta?from=app.v1.tar.gz&to=app.v3.tar.gz', true, 404],
  ['/gateway-engine/v1/delta?from=app.v0.tar.gz&to=app.v1.tar.gz', true, 404],
  ['/gateway-engine/v1/delta?from=app.v1.tar.gz&to=app.v1.tar.gz', true, 404],
  ['/gateway-engine/v1/delta?from=app.v1.tar.gz&to=other.v2.tar.gz', true, 404],
  ['/gateway-engine/v1/delta?from=a&to=b', true, 404],
])('GET %s, key %s, is refused with %d', async (target, key, status) => {
  await using api = await withTwoVersions();
  expect((await api.get(target, key ? api.key : {})).answer.status).toBe(status);
});

test('the platform says that it makes deltas', async () => {
  await using api = await runDeviceApi();
  const answer = await fetch(`http://127.0.0.1:${api.port}/.well-known/gateway-engine`);
  expect(await answer.json()).toMatchObject({ deltas: ['zstd'] });
});
