import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type RawEntry, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { switchCurrent } from '../../src/apps/current-version.ts';
import { homeLayout } from '../../src/home/layout.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

/** A package of the versioned layout whose program says where it is, what it knows, and sleeps. */
function versioned(seconds: number, manifest: object = {}, script: string[] = []): RawEntry[] {
  const run = [
    '#!/bin/sh',
    'pwd -P > "$GWE_HOME/where"',
    'cat known > "$GWE_HOME/known"',
    ...script,
    `exec /bin/sleep ${seconds}`,
  ];
  return [
    { path: 'gwe.json', content: JSON.stringify({ layout: 'versioned', ...manifest }) },
    { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./bin/run --now\nstartretries = 0\n' },
    { path: 'bin/run', mode: 0o755, content: `${run.join('\n')}\n` },
    { path: 'bin/check', mode: 0o755, content: '#!/bin/sh\n' },
    { path: 'known', content: `${seconds}\n` },
  ];
}

describe('an application of the versioned layout', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor();
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  /** Its script has become the program. */
  const runs = (name: string, command: string) =>
    waitUntil(command, async () => (await kit.commandOf(name)) === command);
  const link = (name: string) => join(kit.layout.current, name);

  it('runs from its package without an installer, and each update switches the link', async () => {
    expect(await kit.install('app.v1.tar.gz', versioned(2101))).toBe(
      'app.v1.tar.gz: installed\nits program is RUNNING',
    );
    await runs('app', '/bin/sleep 2101');
    const folder = join(kit.layout.apps, 'app', '1');
    expect(await kit.text('where')).toBe(`${realpathSync(folder)}\n`);
    const entry = await kit.text('etc', 'supervisor', 'conf.d', 'app.conf');

    expect(await kit.install('app.v2.tar.gz', versioned(2102))).toContain('app.v2.tar.gz: installed');
    await runs('app', '/bin/sleep 2102');
    expect(await kit.text('known')).toBe('2102\n');
    expect(readlinkSync(link('app'))).toBe(join('..', 'app', '2'));
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'app.conf')).toBe(entry);
    expect(existsSync(folder)).toBe(true);
  });

  it('goes back to the version before when a new one does not start', async () => {
    await kit.install('back.v1.tar.gz', versioned(2111));
    const status = await kit.install('back.v2.tar.gz', versioned(2112, {}, ['exit 3']));
    expect(status).toMatch(/^back\.v2\.tar\.gz: not installed: its program does not start/);
    expect(status).toContain('version 1 is running again');
    await runs('back', '/bin/sleep 2111');
    expect(readlinkSync(link('back'))).toBe(join('..', 'back', '1'));
  });

  it('is replaced by one of the other layout, and comes back', async () => {
    await kit.install('both.v1.tar.gz', versioned(2121));
    await kit.install('both.v2.tar.gz', [
      { path: 'install.sh', mode: 0o755, content: '#!/bin/sh\n' },
      { path: 'supervisor.conf', content: '[supervisord]\ncommand = /bin/sleep 2122\n' },
    ]);
    await runs('both', '/bin/sleep 2122');
    expect(existsSync(link('both'))).toBe(false);
    await kit.install('both.v3.tar.gz', versioned(2123));
    await runs('both', '/bin/sleep 2123');
  });

  it('leaves no link behind when its first version cannot be installed', async () => {
    const entries = versioned(2131).concat({
      path: 'install.sh',
      mode: 0o755,
      content: '#!/bin/sh\nexit 4\n',
    });
    expect(await kit.install('first.v1.tar.gz', entries)).toContain('install.sh exited with status 4');
    expect(existsSync(link('first'))).toBe(false);
    expect(existsSync(join(kit.layout.apps, 'first'))).toBe(false);
  });

  it('may run its installer, too, which is told the folder of its version', async () => {
    const entries = versioned(2141).concat({
      path: 'install.sh',
      mode: 0o755,
      content: '#!/bin/sh\necho "in $GWE_APP_DIR"\n',
    });
    expect(await kit.install('also.v1.tar.gz', entries)).toContain(
      `in ${join(kit.layout.apps, 'also', '1')}`,
    );
    await runs('also', '/bin/sleep 2141');
  });

  it('keeps a data folder of its own over its updates, and its limits and health check are in the entry', async () => {
    const script = ['echo "$GWE_APP_DATA" > "$GWE_HOME/where-data"', 'echo x >> "$GWE_APP_DATA/kept"'];
    const manifest = {
      data: true,
      limits: { nofile: 100 },
      healthcheck: { command: './bin/check', interval: 600 },
    };
    await kit.install('data.v1.tar.gz', versioned(2151, manifest, script));
    await kit.install('data.v2.tar.gz', versioned(2152, manifest, script));
    await runs('data', '/bin/sleep 2152');
    expect(await kit.text('where-data')).toBe(`${join(kit.layout.data, 'data')}\n`);
    expect(await kit.text('data', 'data', 'kept')).toMatch(/^(x\n){2,}$/);
    const entry = await kit.text('etc', 'supervisor', 'conf.d', 'data.conf');
    expect(entry).toContain('nofile = 100');
    expect(entry).toContain(`healthcheck_command = "${link('data')}/bin/check"`);
    expect(entry).toContain('healthcheck_interval = 600');
  });

  it('is refused with the option that the supervisor would not take', async () => {
    const status = await kit.install('bad.v1.tar.gz', versioned(2161, { limits: { memory_max: '1KB' } }));
    expect(status).toMatch(/^bad\.v1\.tar\.gz: failed: refused: .*memory_max/);
  });
});

it('the link to the version that runs is whole at any moment of being switched', async () => {
  await using folder = await temporaryFolder();
  const layout = homeLayout(folder.path);
  for (const version of ['1', '2']) await mkdir(join(layout.apps, 'app', version), { recursive: true });
  await switchCurrent(layout, 'app', '1');
  let switching = true;
  const switched = (async () => {
    for (let round = 0; round < 50; round++) await switchCurrent(layout, 'app', round % 2 === 0 ? '2' : '1');
    switching = false;
  })();
  while (switching) {
    expect(['1', '2'].map((version) => join('..', 'app', version))).toContain(
      readlinkSync(join(layout.current, 'app')),
    );
    await new Promise(setImmediate);
  }
  await switched;
});
