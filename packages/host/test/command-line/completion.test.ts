import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@gateway-engine/testkit';
import { Command, Option } from 'commander';
import { sample, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bashCompletion,
  describeCommand,
  fishCompletion,
  zshCompletion,
} from '../../src/command-line/descriptions.ts';
import { completionCommand, dress, runWords } from '../../src/command-line/index.ts';
import { sampleCommand } from './support/sample-command.ts';
import { completeInBash, completeInFish, completeInZsh } from './support/shells.ts';

const command = sampleCommand();
dress(command, { write: () => undefined });
const page = describeCommand(command);

/** What is typed in a folder with a file `list.txt`, and what the shell offers then. */
const expectations: readonly [typed: string, offered: readonly string[]][] = [
  ['tool s', ['status']],
  ['tool ', ['status', 'keys']],
  ['tool keys ', ['create', 'list']],
  ['tool --class=data keys c', ['create']],
  ['tool --server status keys l', ['list']],
  ['tool status --j', ['--json']],
  ['tool keys --c', ['--class']],
  ['tool keys list --class c', ['control']],
  ['tool --class ', ['data', 'control']],
  ['tool keys create li', ['list.txt']],
  ['tool -f li', ['list.txt']],
  ['tool status li', []],
];

describe.each([
  ['bash', bashCompletion(page), completeInBash],
  ['zsh', zshCompletion(page), completeInZsh],
  ['fish', fishCompletion(page), completeInFish],
] as const)('in %s', (_shell, script, complete) => {
  it('words, options, choices and files are completed', { timeout: 120_000 }, async () => {
    await using folder = await temporaryFolder();
    const there = join(folder.path, 'there');
    mkdirSync(there);
    writeFileSync(join(there, 'list.txt'), '');
    const file = join(folder.path, 'script');
    writeFileSync(file, script);
    const offers = await complete(
      file,
      there,
      expectations.map(([typed]) => typed),
    );
    expect(offers.map((words) => [...words].sort())).toEqual(
      expectations.map(([, offered]) => [...offered].sort()),
    );
  });
});

it('whatever a meaning or a choice has in it, the shells read the script, and the words are as they were', async () => {
  const meanings = sample(string({ unit: 'grapheme-ascii' }), 30);
  const nasty = new Command('tool').description('x');
  const words = meanings.map((_, index) => `word-${index}`);
  meanings.forEach((meaning, index) => {
    const option = new Option(`--option-${index} <x>`, meaning).choices([`$(touch it)'"\\${index}`]);
    nasty.addOption(option).command(`word-${index}`).description(meaning);
  });
  dress(nasty, { write: () => undefined });
  const described = describeCommand(nasty);
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'script');
  for (const [script, complete] of [
    [bashCompletion(described), completeInBash],
    [zshCompletion(described), completeInZsh],
    [fishCompletion(described), completeInFish],
  ] as const) {
    writeFileSync(file, script);
    const [offered = []] = await complete(file, folder.path, ['tool word-']);
    expect([...offered].sort()).toEqual([...words].sort());
  }
  expect(existsSync(join(folder.path, 'it'))).toBe(false);
}, 60_000);

it('a command prints its script', async () => {
  let output = '';
  const program = sampleCommand();
  program.addCommand(
    completionCommand(
      'tool',
      async () => describeCommand(program),
      (text) => (output += text),
    ),
  );
  await runWords(program, ['completion', 'bash']);
  expect(output).toContain('complete -F _tool_completion tool');
  await promisify(execFile)('bash', ['-n', '-c', output]);
  await expect(runWords(program, ['completion', 'tcsh'])).rejects.toThrow(
    /Allowed choices are bash, zsh, fish/,
  );
});
