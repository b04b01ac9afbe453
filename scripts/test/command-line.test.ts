import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@gateway-engine/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  allPages,
  bashCompletion,
  type CommandPage,
  fishCompletion,
  zshCompletion,
} from '../../packages/host/src/command-line/descriptions.ts';
import { allCommands } from '../command-line/all-commands.ts';
import { commandPage, makeCommandPage } from '../command-reference.ts';
import { writeCompletionScripts } from '../completion-scripts.ts';
import { writeManPages } from '../man-pages.ts';

const run = promisify(execFile);
let programs: CommandPage[];

beforeAll(async () => {
  programs = await allCommands();
});

test('docs/command-line.md is what the commands say (else run scripts/command-reference.ts)', async () => {
  expect(readFileSync(commandPage, 'utf8')).toBe(await makeCommandPage());
});

test('every command and subcommand has examples, and each example calls a command that there is', () => {
  const names = new Set(programs.map(({ name }) => name));
  for (const page of programs.flatMap(allPages)) {
    const examples = page.sections.filter(({ title }) => /^Examples?$/.test(title ?? ''));
    expect(examples.length, page.name).toBe(1);
    expect(examples[0]?.lines.join('\n'), page.name).toMatch(new RegExp(`\\b(${[...names].join('|')})\\b`));
  }
});

test('every program tells its exit codes, and every command what it is for', () => {
  for (const page of programs) {
    const codes = page.sections.find(({ title }) => title === 'Exit codes');
    expect(codes?.lines[0], page.name).toMatch(/^ {2}0 +done/);
  }
  for (const page of programs.flatMap(allPages)) {
    expect(page.summary, page.name).not.toBe('');
    for (const { flags, meaning } of page.options) expect(meaning, `${page.name} ${flags}`).not.toBe('');
  }
});

test('every command takes --json, but for those that print nothing that a program would read', () => {
  const lacking = programs
    .flatMap(allPages)
    .filter(({ commands, options }) => commands.length === 0 || options.length > 1)
    .filter(({ options, shared }) => ![...options, ...shared].some(({ names }) => names.includes('--json')));
  expect(lacking.map(({ name }) => name)).toEqual(withoutJson);
});

const withoutJson = [
  ...['gwe completion', 'gwe set-up', 'gwe-platform', 'gwe-platform completion'],
  // What these print is Supervisor's, to the letter.
  ...['gwe-supervisord', 'gwe-supervisorctl'],
];

test('the documented flags of gwe are all there, letter for letter', () => {
  const flags = programs[0]?.options.map((option) => option.flags.replace(/ <.*/, ''));
  for (const documented of documentedFlags) expect(flags).toContain(documented);
});

/** Of the original product, as far as this one has them. */
const documentedFlags = [
  ...[
    '-h, --help',
    '-v, --version',
    '-p, --path',
    '-e, --engine-conf',
    '-g, --gateway-cfg',
    '-C, --gateway-cik',
  ],
  ...['-o, --once', '-x, --create-buildfile', '--build-app', '-I, --install-apps', '-c, --set-cik'],
  ...['-m, --set-model', '-r, --set-vendor', '-P, --set-product-id', '-u, --set-uuid', '-i, --set-iface'],
  ...['--mac-address', '-l, --set-act-retry-interval', '-d, --set-debug-level', '-t, --set-update-interval'],
  ...['-a, --set-user-agent', '-w, --check-buildfile', '-z, --check-tarball'],
];

describe('manual pages', () => {
  test('are read by groff without a warning, and say what the commands say', {
    timeout: 60_000,
  }, async () => {
    await using folder = await temporaryFolder();
    const files = await writeManPages(folder.path);
    expect(files.map((file) => basename(file)).sort()).toEqual(
      programs.map(({ name }) => `${name}.1`).sort(),
    );
    for (const file of files) {
      const { stdout, stderr } = await run('groff', ['-man', '-ww', '-Tutf8', '-rLL=180n', '-P-cbou', file]);
      expect(stderr, file).toBe('');
      const page = programs.find(({ name }) => `${name}.1` === basename(file));
      for (const { flags } of page?.options ?? []) expect(stdout).toContain(flags);
      for (const command of page?.commands.flatMap(allPages) ?? []) expect(stdout).toContain(command.name);
    }
    const { stdout, stderr } = await run('man', ['--warnings', '-l', join(folder.path, 'gwe.1')], {
      env: { ...process.env, MANWIDTH: '100', MANPAGER: 'cat', LC_ALL: 'C.UTF-8' },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^NAME\n {7}gwe - Gateway Engine/m);
  });
});

describe('completion', () => {
  const scripts = [
    ['bash', bashCompletion],
    ['zsh', zshCompletion],
    ['fish', fishCompletion],
  ] as const;

  test.each(scripts)('%s reads the script of every command', { timeout: 60_000 }, async (shell, script) => {
    for (const page of programs) await run(shell, ['-n', '-c', script(page)]);
  });

  test('scripts are written to where the shells look for them, for four commands in three shells', async () => {
    await using folder = await temporaryFolder();
    const files = await writeCompletionScripts(folder.path);
    expect(files).toHaveLength(12);
    const script = readFileSync(join(folder.path, 'bash-completion', 'completions', 'gwe-platform'), 'utf8');
    expect(script).toContain('complete -F _gwe_platform_completion gwe-platform\n');
  });

  test('each command prints its own, and bash completes its words', { timeout: 60_000 }, async () => {
    const mains = [
      ['gwe', 'gateway-engine', 'gwe stat', 'status'],
      ['gwe', 'gateway-engine', 'gwe keys exp', 'export-root'],
      ['gwe', 'gateway-engine', 'gwe --set-pro', '--set-product-id'],
      ['gmq', 'gmq', 'gmq cfg s', 'set'],
      ['gdc', 'device-client', 'gdc content li', 'list'],
      ['gwe-platform', 'platform', 'gwe-platform device hist', 'history'],
    ] as const;
    const printed = new Map<string, string>();
    for (const [name, folder, line, word] of mains) {
      const main = join(import.meta.dirname, '..', '..', 'packages', folder, 'src', 'main.ts');
      const script = printed.get(name) ?? (await run(process.execPath, [main, 'completion', 'bash'])).stdout;
      printed.set(name, script);
      const words = line.split(' ').map((each) => `'${each}'`);
      const call = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _${name.replace('-', '_')}_completion; echo "$COMPREPLY"`;
      expect((await run('bash', ['--norc', '-c', `${script}\n${call}`])).stdout.trim()).toBe(word);
    }
  });
});
