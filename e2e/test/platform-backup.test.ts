import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { examplesOf } from '../src/documented-examples.ts';
import { product, System, sn } from '../src/system.ts';

/** The command of the page about operations that calls tar with this word. */
function documented(word: string): string {
  const lines = examplesOf('operations.md').flatMap(({ text }) => text.split('\n'));
  const found = lines.filter((line) => line.startsWith('tar ') && line.includes(word));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

test('a platform that is restored from the documented backup goes on with its gateways, and gets what waited', async () => {
  await using system = await System.start();
  // The page speaks of /var/lib, of a platform of that name there, and of a day.
  const inHere = (command: string) =>
    command
      .replace('/var/lib', `'${system.folder}'`)
      .replace(/gwe-platform-(\$\(date \+%F\)|[\d-]+)/, 'copy');
  const run = async (command: string) => {
    const { exitCode, output } = await runToEnd('sh', ['-c', inHere(command)], { cwd: system.folder });
    expect({ command, exitCode, output }).toMatchObject({ exitCode: 0 });
  };
  const data = join(system.folder, 'platform');
  const documentedName = join(system.folder, 'gwe-platform');
  await system.operator('device', 'write', product, sn, 'text', 'before');

  await system.platform.process.stop();
  await rename(data, documentedName);
  await run(documented('-cpzf'));
  await rm(documentedName, { recursive: true });
  const cik = (await system.command('gwe', ['-C'])).trim();
  await system.command('gdc', ['--server', system.gmqUrl, 'write', cik, 'test', '21.5']);
  await run(documented('-xpzf'));
  await rename(documentedName, data);
  await system.startPlatform();

  expect(await system.value('text')).toBe('before');
  await waitUntil('what was sent meanwhile', async () => (await system.value('test')) === '21.5', {
    timeoutMs: 90_000,
  });
});
