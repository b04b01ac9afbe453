import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RawEntry, rawTarball, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSettings } from '../../src/apps/settings.ts';
import type { InstallState } from '../../src/ota/states.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** In which they come. */
const order: readonly InstallState[] = [
  'downloading',
  'verifying',
  'staged',
  'stopping',
  'installing',
  'starting',
  'probation',
];

/** A version that takes another value than the others, and says which it got. */
function version(number: number): RawEntry[] {
  const key = `KEY_${number % 2}`;
  const run = [
    '#!/bin/sh',
    `echo "$${key}" > "$GWE_APP_DATA/got-${number}"`,
    `exec /bin/sleep ${7000 + number}`,
  ];
  const manifest = { layout: 'versioned', data: true, config: { [key]: { secret: true, required: true } } };
  return [
    { path: 'gwe.json', content: JSON.stringify(manifest) },
    { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\nstartsecs = 1\n' },
    // Long enough to be killed in.
    { path: 'install.sh', mode: 0o755, content: '#!/bin/sh\nsleep 0.3\n' },
    { path: 'run', mode: 0o755, content: `${run.join('\n')}\n` },
    ...Array.from({ length: 50 }, (_, index) => ({ path: `files/${index}`, content: 'x'.repeat(5000) })),
  ];
}

describe('a gwe that is killed while it installs a versioned application', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor();
    const values = ['0', '1'].map(
      (digit) => [`KEY_${digit}`, { value: `value ${digit}`, secret: true }] as const,
    );
    await writeSettings(kit.layout, 'app', new Map(values));
    await kit.install('app.v1.tar.gz', version(1));
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  /** Kills the command as soon as the journal has come to a state, or is past it. */
  async function installAndKill(file: string, at: InstallState): Promise<void> {
    const child = spawn(process.execPath, [main, '--install-apps', file], {
      env: { ...process.env, GWE_HOME: kit.layout.root },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (child.exitCode === null) {
      const state = kit.journal().unfinished()[0]?.state;
      if (state !== undefined && order.indexOf(state) >= order.indexOf(at)) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    child.kill('SIGKILL');
    await ended;
  }

  it('in whatever state: one version or the other runs in the end, from its own folder and with its own values', async () => {
    for (const [index, state] of order.entries()) {
      const number = index + 2;
      const tarball = `app.v${number}.tar.gz`;
      const file = join(kit.layout.root, tarball);
      await writeFile(file, rawTarball(version(number)));
      await installAndKill(file, state);
      await kit.runToEnd(kit.runner(kit.journal()));

      const installed = Number(kit.journal().app('app')?.version);
      expect([number - 1, number]).toContain(installed);
      expect(basename(readlinkSync(join(kit.layout.current, 'app')))).toBe(String(installed));
      const command = `/bin/sleep ${7000 + installed}`;
      await waitUntil('the program', async () => (await kit.commandOf('app')) === command);
      expect(await kit.text('data', 'app', `got-${installed}`)).toBe(`value ${installed % 2}\n`);
      const script = await kit.text('etc', 'apps', 'app', 'environment.sh');
      expect(script).toContain(`export KEY_${installed % 2}=`);
      expect(script).not.toContain(`KEY_${(installed + 1) % 2}`);
      // An install that had not begun when it was killed is not taken up; then the next one is that much further.
      if (installed !== number) await kit.install(tarball, version(number));
    }
  }, 120_000);
});
