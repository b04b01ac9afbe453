import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { examplesOf, shellScript } from '../src/documented-examples.ts';
import { root } from '../src/system.ts';

const page = 'getting-started.md';

/** What the page shows and a reader has to see as well. */
const outcomes = [
  'application load-reporter, version 1: a program that is kept running (supervisor.conf)',
  'load-reporter.v1.tar.gz: installed',
  'its program is RUNNING',
  'load-reporter 1 is installed',
  '{"load-reporter":{"version":"2","status":"RUNNING"',
  'load-reporter.v3.tar.gz: not installed: its program does not start (FATAL)',
  'version 2 is running again',
  'load-reporter.v4.tar.gz: not installed: install.sh exited with status 3',
  'no space for me',
];

/** A reader looks again until the gateway has answered; how many seconds the page counts on is not tested. */
const patience = `
sleep() { :; }
outcome() {
  for _ in $(seq 300); do
    case $(gwe-platform device read demo gateway-1 fetch_status) in
      "$1: installing"*|"$1: waits"*) ;;
      "$1: "*) return ;;
    esac
    command sleep 0.3
  done
  echo "no outcome of $1"; return 1
}
`;

/** The blocks after `npm start`; behind each deployment stands the wait for its outcome. */
function readersScript(): string {
  const examples = examplesOf(page).filter(
    ({ language, notRun, cleanSystem }) => language === 'sh' && notRun === undefined && !cleanSystem,
  );
  const [first, ...others] = examples;
  expect(first?.text).toBe('npm start');
  const deployed = /^gwe-platform deploy demo gateway-1 (\S+)$/gm;
  return `${patience}${shellScript(others).replace(deployed, '$&\noutcome $1')}`;
}

test('whoever follows Getting started sees what it says, from npm start to two versions that are rolled back', async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, 'state');
  const clone = join(folder.path, 'clone');
  const home = join(folder.path, 'home');
  for (const each of [clone, home]) await mkdir(each);
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
  await symlink(state, join(clone, '.demo'));

  const start = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), '--state', state], {
    cwd: root,
  });
  try {
    let said = '';
    for (const stream of [start.stdout, start.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    await waitUntil('the demo', () => said.includes('Ctrl-C stops everything'), { timeoutMs: 100_000 });

    const { exitCode, output } = await runToEnd('bash', ['-c', readersScript()], {
      env: { ...process.env, HOME: home },
      cwd: clone,
      timeoutMs: 150_000,
    });
    expect(output).toContain('version 2 is running again');
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    const written = readFileSync(join(root, 'docs', page), 'utf8');
    for (const outcome of outcomes) {
      expect(written).toContain(outcome);
      expect(output).toContain(outcome);
    }
  } finally {
    if (start.exitCode === null) {
      start.kill('SIGTERM');
      await once(start, 'exit');
    }
  }
}, 300_000);
