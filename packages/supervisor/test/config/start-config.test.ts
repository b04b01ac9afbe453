import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { loadForStart } from '../../src/config/start-config.ts';

async function load(files: Record<string, string>) {
  await using folder = await temporaryFolder();
  mkdirSync(join(folder.path, 'conf.d'));
  const main = `[supervisord]\nchildlogdir=/tmp\n[include]\nfiles=conf.d/*.conf\n[program:own]\ncommand=true\n`;
  writeFileSync(join(folder.path, 'supervisord.conf'), main);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  const { groups, problems } = loadForStart(join(folder.path, 'supervisord.conf'), {});
  return { groups: groups.map(({ name }) => name).sort(), problems };
}

test('an included file with a mistake is left out, and all others count', async () => {
  const { groups, problems } = await load({
    'conf.d/a.conf': '[program:a]\ncommand=true\n',
    'conf.d/b.conf': '[program:b]\ncommand=true\nuser=there-is-no-such-user\n',
    'conf.d/c.conf': 'no section at all',
    'conf.d/d.conf': '[program:d]\ncommand=true\n',
  });
  expect(groups).toEqual(['a', 'd', 'own']);
  expect(problems).toEqual([
    expect.stringContaining('there-is-no-such-user'),
    expect.stringContaining('c.conf, line 1'),
  ]);
});

test('a mistake in the main file is an error', async () => {
  await expect(load({ 'supervisord.conf': '[supervisord]\nloglevel=loud\n' })).rejects.toThrow('loglevel');
});
