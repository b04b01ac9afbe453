import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemons.ts';

const ours = [process.execPath, fileURLToPath(new URL('../../src/control/main.ts', import.meta.url))];
const debians = ['/usr/bin/supervisorctl'];

function control(
  command: readonly string[],
  url: string,
  ...args: string[]
): Promise<{ code: number; output: string }> {
  const [file = '', ...first] = command;
  return new Promise((resolve) => {
    execFile(file, [...first, '-s', url, ...args], { encoding: 'utf8' }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`
        .replace(/pid \d+, uptime \d:\d\d:\d\d/g, 'pid <pid>, uptime <time>')
        .replace(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, '<moment>');
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output });
    });
  });
}

test("our control command prints and exits like Supervisor's own", async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:app]\ncommand=sh -c 'echo out; exec sleep 1000'\nstdout_logfile=%(here)s/app.log
[program:broken]\ncommand=/no/such/command\nstartretries=0\nautostart=false
[program:quick]\ncommand=false\nstartretries=0\nautostart=false\n`,
  );
  await waitUntil('app', async () => (await daemon.client.getProcessInfo('app')).statename === 'RUNNING');
  for (const args of [
    ['status'],
    ['status', 'app'],
    ['status', 'nobody'],
    ['stop', 'app'],
    ['stop', 'app'],
    ['status', 'app'],
    ['start', 'app'],
    ['start', 'app'],
    ['restart', 'app'],
    ['start', 'broken'],
    ['start', 'quick'],
    ['start', 'nobody'],
    ['tail', 'app'],
  ]) {
    // Each changes the state, so the second command finds what the first did: put it back in between.
    const before = await daemon.client.getProcessInfo('app');
    const expected = await control(debians, daemon.url, ...args);
    const after = await daemon.client.getProcessInfo('app');
    if (before.statename !== after.statename) {
      await (after.statename === 'RUNNING'
        ? daemon.client.stopProcess('app')
        : daemon.client.startProcess('app'));
    }
    expect({ args, ...(await control(ours, daemon.url, ...args)) }).toEqual({ args, ...expected });
  }
});

test('a supervisor that is not there is one clear line and exit code 1', async () => {
  const { code, output } = await control(ours, 'unix:///nowhere/s.sock', 'status');
  expect(code).toBe(1);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toContain('/nowhere/s.sock');
});
