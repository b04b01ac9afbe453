import { existsSync } from 'node:fs';
import { waitUntil } from '@gateway-engine/testkit';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { app, System, sn } from '../src/system.ts';

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

let system: System;
let browser: Browser;

beforeAll(async () => {
  system = await System.start();
  const executablePath = browsers.find((path) => existsSync(path));
  if (!executablePath)
    throw new Error(`no browser; install Debian's chromium (looked for ${browsers.join(', ')})`);
  browser = await chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-component-update'],
      ...['--disable-background-networking', '--disable-sync'],
    ],
  });
});

afterAll(async () => {
  await browser?.close();
  await system?.[Symbol.asyncDispose]();
});

test('an operator logs in, sees the chart move, deploys version 2 from the page, and goes back to the one that is there', async () => {
  const build = (version: number) => system.buildPackage(`examples/${app}/v${version}`);
  await system.deploy(await build(1));
  await system.running(app).catch(() => undefined);

  const page = await browser.newPage();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(String(error)));
  await page.goto(system.platform.url);

  await page.getByLabel('Username').fill(system.platform.administrator.username);
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill(system.platform.administrator.password);
  await page.getByRole('button', { name: 'Log in' }).click();

  await page.getByRole('link', { name: sn }).click();
  const chart = page.getByTestId('chart');
  await chart.waitFor();
  const lastPoint = async () => Number(await chart.getAttribute('data-last'));
  const first = await waitUntil('points on the chart', async () => (await lastPoint()) || undefined, {
    timeoutMs: 60_000,
  });
  await waitUntil('the chart to move', async () => (await lastPoint()) > first, { timeoutMs: 20_000 });

  const applications = page.getByRole('table', { name: 'Applications' });
  await applications.getByText('RUNNING').first().waitFor();

  await page.getByLabel('Tarball').setInputFiles(await build(2));
  await page.getByRole('button', { name: 'Deploy', exact: true }).click();
  const outcome = page.getByRole('region', { name: 'Fetch status' });
  await outcome.getByText('Gateway says').first().waitFor({ timeout: 60_000 });
  await applications
    .getByRole('row')
    .filter({ hasText: app })
    .filter({ hasText: 'RUNNING' })
    .filter({ has: page.getByRole('cell', { name: '2', exact: true }) })
    .waitFor({ timeout: 60_000 });

  const uploaded = page.getByLabel('or one already uploaded');
  await uploaded.selectOption(`${app}.v1.tar.gz`);
  await page.getByRole('button', { name: 'Deploy', exact: true }).click();
  await outcome.getByText(`${app}.v1.tar.gz: installed`).first().waitFor({ timeout: 60_000 });
  expect(failures).toEqual([]);
});
