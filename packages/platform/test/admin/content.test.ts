import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { runAdminApi, token } from './running-api.ts';

const content = '/api/v1/products/p1/content';
const authorization = { Authorization: `Bearer ${token}` };

async function withProduct(options: { contentLimitBytes?: number } = {}) {
  const api = await runAdminApi(options);
  await api.call('POST', '/api/v1/products', { id: 'p1' });
  return api;
}

test('an upload is kept byte for byte with its size, hash and type word for word', async () => {
  await using api = await withProduct();
  const bytes = Buffer.alloc(3_000_000, 'gateway');
  const headers = { ...authorization, 'Content-Type': 'application/x-Gzip; Odd="1"' };
  const uploaded = await api.call('PUT', `${content}/app.v1.tar.gz`, bytes, headers);
  expect(uploaded.status).toBe(201);
  expect(uploaded.json).toEqual({
    id: 'app.v1.tar.gz',
    content_type: 'application/x-Gzip; Odd="1"',
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    updated: api.clock.now() / 1000,
    meta: '',
    signed: false,
  });
  expect((await api.call('GET', content)).json).toEqual({ content: [uploaded.json], has_root: false });
  const kept = await api.store.content('p1', 'app.v1.tar.gz');
  expect(bytes.equals(await readFile(kept!.blob))).toBe(true);
  expect(await readdir(api.uploadDirectory)).toEqual([]);
});

test('a second upload of an id replaces the first and says so by 200', async () => {
  await using api = await withProduct();
  expect((await api.call('PUT', `${content}/a`, 'one', authorization)).status).toBe(201);
  const second = await api.call('PUT', `${content}/a`, 'second', authorization);
  expect([second.status, second.json.size]).toEqual([200, 6]);
  expect((await api.call('GET', content)).json.content).toHaveLength(1);
});

test('an empty file, JSON and a form are files like any other', async () => {
  await using api = await withProduct();
  const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];
  for (const [index, type] of types.entries()) {
    const headers = { ...authorization, 'Content-Type': type };
    const uploaded = await api.call('PUT', `${content}/f${index}`, '{"a', headers);
    expect([uploaded.status, uploaded.json.size]).toEqual([201, 3]);
  }
  const empty = await api.call('PUT', `${content}/empty`, '', authorization);
  expect([empty.status, empty.json.size]).toEqual([201, 0]);
});

test('a removed file is gone', async () => {
  await using api = await withProduct();
  await api.call('PUT', `${content}/a`, 'x', authorization);
  expect((await api.call('DELETE', `${content}/a`)).status).toBe(204);
  expect((await api.call('GET', content)).json.content).toEqual([]);
});

test('an upload to an unknown product is refused before its body has come, and nothing is left', async () => {
  await using api = await withProduct();
  const refused = await startUpload(`${api.url}/api/v1/products/p2/content/a`, 100_000_000).answer;
  expect([refused.status, refused.json.error.code]).toEqual([404, 'NO_PRODUCT']);
  expect(await readdir(api.uploadDirectory)).toEqual([]);
});

test('a refusal is heard by a client that sends everything first and closes after one request', async () => {
  await using api = await withProduct();
  const { hostname, port } = new URL(api.url);
  const body = Buffer.alloc(20_000_000);
  for (const [path, authorized, status] of [
    ['/api/v1/products/p2/content/a', token, '404 Not Found'],
    [`${content}/a`, 'wrong', '401 Unauthorized'],
    [`${content}/.a`, token, '400 Bad Request'],
    ['/api/v1/products', token, '413 Payload Too Large'],
  ]) {
    const socket = connect(Number(port), hostname);
    const method = path === '/api/v1/products' ? 'POST' : 'PUT';
    socket.pause();
    const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${authorized}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.write(head);
      socket.write(body, () => resolve());
    });
    const heard = once(socket, 'data');
    socket.resume();
    const [answer] = await heard;
    expect(String(answer)).toContain(`HTTP/1.1 ${status}`);
    socket.destroy();
  }
  expect(await readdir(api.uploadDirectory)).toEqual([]);
});

test('a file over the limit is refused in the middle when its length was not announced', async () => {
  await using api = await withProduct({ contentLimitBytes: 2 * 1024 * 1024 });
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const heard = once(socket, 'data');
  socket.write(
    `PUT ${content}/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const mebibyte = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000), Buffer.from('\r\n')]);
  // The refusal comes after two; whoever insists on sending all of it is heard out.
  for (let sent = 0; sent < 20; sent++) await new Promise((resolve) => socket.write(mebibyte, resolve));
  socket.write('0\r\n\r\n');
  const [answer] = await heard;
  expect(String(answer)).toContain('HTTP/1.1 413 Payload Too Large');
  expect(String(answer)).toContain('larger than 2 MiB');
  socket.destroy();
  expect(await readdir(api.uploadDirectory)).toEqual([]);
});

test('a content id that is no file name is refused', async () => {
  await using api = await withProduct();
  for (const id of ['.hidden', 'a%2Fb', 'a%20b', '..%2Fx', 'x'.repeat(201)]) {
    const refused = await api.call('PUT', `${content}/${id}`, 'x', authorization);
    expect([id, refused.status, refused.json.error.code]).toEqual([id, 400, 'BAD_REQUEST']);
  }
});

test('a file over the limit is refused at once by its announced length', async () => {
  await using api = await withProduct();
  const refused = await startUpload(`${api.url}${content}/a`, 513 * 1024 * 1024).answer;
  expect([refused.status, refused.json.error.code]).toEqual([413, 'TOO_LARGE']);
  expect(refused.json.error.message).toBe('the file is larger than 512 MiB, the most that is taken');
  expect(await readdir(api.uploadDirectory)).toEqual([]);
});

test('an upload that is cut leaves nothing, and the file before it stays', async () => {
  await using api = await withProduct();
  await api.call('PUT', `${content}/a`, 'before', authorization);
  const upload = startUpload(`${api.url}${content}/a`, 1_000_000);
  upload.request.write(Buffer.alloc(300_000));
  await waitUntil('the upload to begin', async () => (await readdir(api.uploadDirectory)).length === 1);
  upload.request.destroy();
  await upload.answer.catch(() => {});
  await waitUntil('the upload to be gone', async () => (await readdir(api.uploadDirectory)).length === 0);
  expect((await api.call('GET', content)).json.content).toMatchObject([{ id: 'a', size: 6 }]);
});

test('an upload that stalls for a minute is given up', async () => {
  await using api = await withProduct();
  const upload = startUpload(`${api.url}${content}/a`, 1_000_000);
  upload.answer.catch(() => {});
  upload.request.write(Buffer.alloc(100));
  await waitUntil('the upload to begin', async () => (await readdir(api.uploadDirectory)).length === 1);
  await api.clock.advance(59_000);
  expect(await readdir(api.uploadDirectory)).toHaveLength(1);
  await waitUntil('the upload to be gone', async () => {
    await api.clock.advance(60_000);
    return (await readdir(api.uploadDirectory)).length === 0;
  });
  await expect(upload.answer).rejects.toThrow();
});

test('a chunked upload that breaks off in the middle of a chunk leaves nothing', async () => {
  await using api = await withProduct();
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `PUT ${content}/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc`,
  );
  await waitUntil('the upload to begin', async () => (await readdir(api.uploadDirectory)).length === 1);
  socket.end();
  await waitUntil('the upload to be gone', async () => (await readdir(api.uploadDirectory)).length === 0);
  socket.destroy();
  expect((await api.call('GET', content)).json.content).toEqual([]);
});

/** An upload whose body the test sends piece by piece. */
function startUpload(url: string, size: number) {
  const request = httpRequest(url, { method: 'PUT', headers: { ...authorization, 'Content-Length': size } });
  const answer = new Promise<{ status: number; json: { error: { code: string; message: string } } }>(
    (resolve, reject) => {
      request.on('error', reject);
      request.on('response', async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        request.destroy();
        resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) });
      });
    },
  );
  request.flushHeaders();
  return { request, answer };
}
