/** Pictures of the page, taken of a system that runs for them: a demo with a gateway, and a seeded fleet around it. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Demo } from '../../demo/src/demo.ts';
import { systemClock, wholeSeconds } from '../../packages/host/src/index.ts';
import { freePort, temporaryFolder } from '../../packages/testkit/src/index.ts';
import { sowFleet } from '../seed/sow-fleet.ts';

/** Larger ones burden every clone for ever. */
const largestPicture = 150_000;

export interface PagePictureParts {
  /** Root of the repository. */
  readonly root: string;
  /** Folder that gets them. */
  readonly folder: string;
  /** Path of a Chromium. */
  readonly browser: string;
  readonly say: (line: string) => void;
}

interface Access {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
}

export async function takePagePictures({ root, folder, browser, say }: PagePictureParts): Promise<void> {
  await using state = await temporaryFolder();
  const ports = { platform: await freePort(), gmq: await freePort() };
  await writeFile(join(state.path, 'ports.json'), JSON.stringify(ports));
  const demo = new Demo({ root, state: state.path, fresh: false }, { clock: systemClock, say });
  try {
    await demo.start();
    const admin = JSON.parse(readFileSync(join(state.path, 'platform', 'admin.json'), 'utf8'));
    const access: Access = { url: `http://127.0.0.1:${ports.platform}`, ...admin };
    await seed(access, say);
    // The chart shows the last minutes: some of one has to have passed.
    await pause(45_000);
    const chromiumOptions = ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run'];
    const running = await chromium.launch({ executablePath: browser, args: chromiumOptions });
    try {
      for (const [name, picture] of Object.entries(await walkThrough(running, access))) {
        if (picture.length > largestPicture)
          throw new Error(
            `${name} has ${picture.length} bytes, more than ${largestPicture}; make its window smaller`,
          );
        await writeFile(join(folder, name), picture);
        say(`  ${name}: ${picture.length} bytes`);
      }
    } finally {
      await running.close();
    }
  } finally {
    await demo.stop();
  }
}

async function seed({ url, token }: Access, say: (line: string) => void): Promise<void> {
  const until = wholeSeconds(systemClock);
  const options = {
    platform: url,
    token,
    devices: 24,
    seed: 'pictures',
    days: 1,
    everySeconds: 3600,
    until,
    rate: 200,
  };
  const fleet = await sowFleet(options, { clock: systemClock, say });
  fleet.close();
}

/** What an operator sees, from the log-in to an update that has come to its end. */
async function walkThrough(browser: Browser, access: Access): Promise<Record<string, Buffer>> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  await page.goto(access.url);
  await page.getByLabel('Username').fill(access.username);
  await page.getByRole('textbox', { name: 'Password' }).fill(access.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('link', { name: 'gateway-1', exact: true }).waitFor();
  const fleet = await shot(page);
  await page.getByRole('link', { name: 'gateway-1', exact: true }).click();
  await page.getByTestId('chart').waitFor();
  await page.getByRole('table', { name: 'Applications' }).getByText('RUNNING').first().waitFor();
  await pause(3000);
  const gateway = await shot(page);
  await page.getByLabel('or one already uploaded').selectOption('gmq-sine-demo.v2.tar.gz');
  await page.getByRole('button', { name: 'Deploy', exact: true }).click();
  const outcome = page.getByRole('region', { name: 'Fetch status' });
  await outcome.getByText('gmq-sine-demo.v2.tar.gz: installed').first().waitFor({ timeout: 120_000 });
  const update = await shot(page);
  return { 'page-gateways.png': fleet, 'page-gateway.png': gateway, 'page-update.png': update };
}

/** Without the pointer over something, and when nothing moves any more. */
async function shot(page: Page): Promise<Buffer> {
  await page.mouse.move(0, 0);
  await page.evaluate('document.fonts.ready');
  await pause(500);
  return page.screenshot({ animations: 'disabled' });
}
