import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import { type RawEntry, rawTarball, temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { checkTarball } from '../../src/command-line/developer.ts';

/** What gwe --check-tarball prints. */
async function check(...entries: RawEntry[]): Promise<string[]> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'app.v3.tar.gz');
  await writeFile(file, rawTarball(entries));
  const lines: string[] = [];
  await checkTarball(file, { out: (line) => lines.push(line), err: (line) => lines.push(line) });
  return lines;
}

const conf = { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\n' };
const manifest = (value: object) => ({ path: 'gwe.json', content: JSON.stringify(value) });

it('a check of a tarball says what its gwe.json asks for', async () => {
  const asks = manifest({
    layout: 'versioned',
    data: true,
    engine: '0.1.0',
    architectures: ['arm64', 'x64'],
    depends: [{ name: 'broker', versions: ['>=1.4', '2.*'] }, { name: 'lib' }],
    config: { LEVEL: {}, KEY: { secret: true, required: true } },
  });
  expect(await check(conf, asks)).toEqual([
    '[PASS]',
    'application app, version 3: a program that is kept running (supervisor.conf)',
    expect.stringMatching(/^installer none, 2 entries, \d+ bytes unpacked$/),
    'layout versioned, with a data folder',
    'needs Gateway Engine 0.1.0, arm64 or x64, broker >=1.4 or 2.*, lib',
    'takes the values LEVEL, KEY secret required',
  ]);
});

it('files for other applications need no program and no installer', async () => {
  const lines = await check(manifest({ layout: 'versioned' }), { path: 'font.ttf', content: 'x' });
  expect(lines).toContain('application app, version 3: files for others (no program)');
});

it('a limit that the supervisor would not take is found before the tarball is anywhere', async () => {
  const checked = check(conf, manifest({ layout: 'versioned', limits: { memory_max: '1KB' } }));
  await expect(checked).rejects.toThrow(UsageError);
  await expect(checked).rejects.toThrow('memory_max');
});
