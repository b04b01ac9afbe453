/**
 * Writes the pictures of docs/pictures: the drawn ones, and with --page those of the page too, for which it starts a
 * demo and a fleet in a temporary folder; that takes two minutes.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { drawnPictures } from './docs-pictures/drawn.ts';
import { takePagePictures } from './docs-pictures/page.ts';

const root = dirname(import.meta.dirname);
const folder = join(root, 'docs', 'pictures');
const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const say = (line: string) => process.stdout.write(`${line}\n`);
mkdirSync(folder, { recursive: true });
for (const [name, draw] of Object.entries(drawnPictures)) {
  writeFileSync(join(folder, name), draw());
  say(`  ${name}`);
}
if (process.argv.includes('--page')) {
  const browser = browsers.find((path) => existsSync(path));
  if (browser === undefined)
    throw new Error(`no browser; install Debian's chromium (looked for ${browsers.join(', ')})`);
  await takePagePictures({ root, folder, browser, say });
}
