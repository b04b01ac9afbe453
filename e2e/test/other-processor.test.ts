import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '@gateway-engine/host';
import { compileExecutable } from '@gateway-engine/release';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { root } from '../src/system.ts';

/** The executable that this machine does not run by itself, with an emulator and the C library of its processor. */
const foreign =
  process.arch === 'x64'
    ? {
        target: 'linux-arm64' as const,
        emulator: ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'],
      }
    : {
        target: 'linux-x64' as const,
        emulator: ['qemu-x86_64-static', '-L', '/usr/x86_64-linux-gnu'],
      };

test(`the executable for ${foreign.target} starts, and its queue keeps what it has acknowledged`, async () => {
  const { target, emulator } = foreign;
  const build = { version: '0.1.0', commit: 'test' };
  const executable = compileExecutable(root, target, build, join(root, 'release', 'build', 'other'));
  await using home = await temporaryFolder();
  const env = { ...process.env, GWE_HOME: home.path };
  const [command = '', ...options] = emulator;
  const words = (...args: string[]) => [...options, executable, ...args];
  const run = async (...args: string[]) => {
    const { exitCode, output } = await runToEnd(command, words(...args), { env, timeoutMs: 60_000 });
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    return output;
  };

  expect(await run('--version')).toContain(`0.1.0 (commit test, ${target}, Bun `);
  expect(await run('gwe-supervisord', '--version')).toBe('0.1.0\n');
  expect(await run('gwe', '--gateway-cfg')).toContain('vendor = ');

  await mkdir(join(home.path, 'etc'));
  const listen = `127.0.0.1:${await freePort()}`;
  await writeFile(
    join(home.path, 'etc', 'gmq.cfg'),
    `[server]\nlisten = ${listen}\n[platform]\nserver = http://127.0.0.1:1\n`,
  );
  const queue = spawn(command, words('gmq'), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [queue.stdout, queue.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  try {
    await waitUntil('the queue', () => said.includes('listens on'), { timeoutMs: 60_000, everyMs: 100 });
    const answer = await fetch(`http://${listen}/onep:v1/stack/alias/test`, {
      method: 'POST',
      headers: { 'X-Exosite-VMS': 'demo demo sensor-1', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: '1700000000=kept',
    });
    expect(answer.status).toBe(204);
  } finally {
    const ended = once(queue, 'exit');
    queue.kill('SIGKILL');
    await ended;
  }
  expect(await run('gmq', 'export')).toContain('"kept"');
}, 300_000);
