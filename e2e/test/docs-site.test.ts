import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { root } from '../src/system.ts';

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const base = '/docs/gateway-engine/';
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** A plain file server, as any host of static sites is. */
async function serveFolder(folder: string) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://host').pathname);
    const file = join(folder, path.slice(base.length), path.endsWith('/') ? 'index.html' : '');
    if (!path.startsWith(base) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    readFile(file).then(
      (bytes) =>
        response
          .writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' })
          .end(bytes),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${base}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('the site builds without a dead link, works from a folder of its host, and finds what is looked for', async () => {
  await using folder = await temporaryFolder();
  const script = join(root, 'scripts', 'docs.mjs');
  const built = await runToEnd(process.execPath, [script, 'build', '--base', base, '--outDir', folder.path], {
    timeoutMs: 220_000,
  });
  expect(built.output).toContain('build complete');
  expect(built.exitCode).toBe(0);

  await using server = await serveFolder(folder.path);
  const executablePath = browsers.find((path) => existsSync(path));
  if (!executablePath)
    throw new Error(`no browser; install Debian's chromium (looked for ${browsers.join(', ')})`);
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
  });
  try {
    const page = await browser.newPage();
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(String(error)));
    page.on('response', (response) => {
      // A browser asks for an icon by itself.
      if (response.status() >= 400 && !response.url().endsWith('/favicon.ico'))
        failures.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(server.url);
    await page.getByRole('link', { name: 'Getting started' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Getting started' }).waitFor();
    const sidebar = page.getByRole('navigation', { name: 'Sidebar Navigation' });
    await sidebar.getByRole('link', { name: 'Over-the-air updates' }).click();
    await page.getByRole('heading', { level: 3, name: 'Probation' }).waitFor();

    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('searchbox').fill('dead letter');
    await page.locator('#localsearch-list').getByRole('option').first().waitFor();
    await page.keyboard.press('Escape');

    await page.goto(`${server.url}modules.html`);
    await page.getByRole('link', { name: 'All modules' }).click();
    await page.locator('a[href$="_gateway-engine_device-client.html"]').first().click();
    await page.getByRole('heading', { level: 1, name: 'device-client' }).waitFor();
    expect(failures).toEqual([]);
  } finally {
    await browser.close();
  }
}, 240_000);
