import { mkdir, writeFile } from 'node:fs/promises';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { runAdminApi } from './running-api.ts';

const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function build(folder: string): Promise<void> {
  await mkdir(`${folder}/assets`, { recursive: true });
  await writeFile(`${folder}/index.html`, '<!doctype html><title>Dashboard</title>');
  await writeFile(`${folder}/assets/index-Ab12.js`, 'start()');
  await writeFile(`${folder}/favicon.svg`, '<svg/>');
  await writeFile(`${folder}/.hidden`, 'secret');
}

test('files are served, hashed assets for ever and the page itself never from a cache unasked', async () => {
  await using folder = await temporaryFolder();
  await build(folder.path);
  await using api = await runAdminApi({ pagesDirectory: folder.path });
  const page = await api.call('GET', '/', undefined, browser);
  expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.text).toContain('Dashboard');
  const script = await api.call('GET', '/assets/index-Ab12.js', undefined, {});
  expect([script.status, script.text]).toEqual([200, 'start()']);
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(script.headers.get('content-type')).toMatch(/^(text|application)\/javascript/);
  const icon = await api.call('GET', '/favicon.svg', undefined, {});
  expect(icon.headers.get('cache-control')).toBe('no-cache');
});

test("every path of the page's own shows the page, also with dots in it", async () => {
  await using folder = await temporaryFolder();
  await build(folder.path);
  await using api = await runAdminApi({ pagesDirectory: folder.path });
  for (const path of ['/products/p1', '/products/p1/devices/10.0.0.7?tab=chart', '/assetsish']) {
    const page = await api.call('GET', path, undefined, browser);
    expect([path, page.status, page.headers.get('cache-control')]).toEqual([path, 200, 'no-cache']);
    expect(page.text).toContain('Dashboard');
  }
});

test('a missing script is no page, and nothing outside of the folder or hidden is served', async () => {
  await using folder = await temporaryFolder();
  await build(`${folder.path}/pages`);
  await writeFile(`${folder.path}/private.txt`, 'private');
  await using api = await runAdminApi({ pagesDirectory: `${folder.path}/pages` });
  expect((await api.call('GET', '/assets/index-Old1.js', undefined, browser)).status).toBe(404);
  expect((await api.call('GET', '/missing.js', undefined, { Accept: '*/*' })).status).toBe(404);
  for (const path of [
    '/.hidden',
    '/%2e%2e/private.txt',
    '/..%2fprivate.txt',
    '/assets/..%2f..%2fprivate.txt',
  ]) {
    const answer = await api.call('GET', path, undefined, { Accept: '*/*' });
    expect(answer.text).not.toMatch(/secret|^private/);
  }
  expect((await api.call('POST', '/', {}, {})).json.error.code).toBe('NOT_FOUND');
});

test('pages and API alike tell the browser to trust nothing else', async () => {
  await using folder = await temporaryFolder();
  await build(folder.path);
  await using api = await runAdminApi({ pagesDirectory: folder.path });
  for (const path of ['/', '/api/v1/products', '/api/v1/nonsense', '/deep/link']) {
    const { headers } = await api.call('GET', path, undefined, browser);
    expect(headers.get('content-security-policy')).toContain(
      "default-src 'self'; style-src 'self' 'unsafe-inline'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
  }
  expect((await api.call('GET', '/api/v1/products')).headers.get('cache-control')).toBe('no-store');
});

test('without built pages a sentence says what to do, and they are served once they are there', async () => {
  await using folder = await temporaryFolder();
  const pagesDirectory = `${folder.path}/dist`;
  await using api = await runAdminApi({ pagesDirectory });
  const before = await api.call('GET', '/', undefined, browser);
  expect([before.status, before.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
  expect(before.text).toContain('not built yet');
  await build(pagesDirectory);
  expect((await api.call('GET', '/', undefined, browser)).text).toContain('Dashboard');
});

test('a platform started without pages says so', async () => {
  await using api = await runAdminApi();
  const answer = await api.call('GET', '/', undefined, browser);
  expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('--pages DIR')]);
});
