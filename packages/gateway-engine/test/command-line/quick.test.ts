import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '..', '..', 'src');

/** Names each module that is loaded. */
const telling = `data:text/javascript,
  import { registerHooks } from 'node:module';
  const names = [];
  registerHooks({ load: (url, context, next) => (names.push(url), next(url, context)) });
  process.on('exit', () => process.stdout.write(names.join('\\n')));`;

it('gwe -C, which programs call often, loads none of the commands that are words', async () => {
  await using folder = await temporaryFolder();
  const { output } = await runToEnd(
    process.execPath,
    ['--import', telling.replaceAll('\n', ' '), join(source, 'main.ts'), '-C'],
    { env: { ...process.env, GWE_HOME: folder.path }, timeoutMs: 20_000 },
  );
  const [cik, ...loaded] = output.split('\n');
  expect(cik).toBe("''");
  const words = readFileSync(join(source, 'command-line', 'commands.ts'), 'utf8').matchAll(
    /import\('(.*?)'\)/g,
  );
  const files = Array.from(words, ([, path = '']) => join(source, 'command-line', path));
  expect(files.length).toBeGreaterThan(10);
  expect(loaded.some((url) => url.endsWith('/commands.ts'))).toBe(true);
  const paths = loaded.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
  expect(paths.filter((path) => files.includes(path))).toEqual([]);
});
