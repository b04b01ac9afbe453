import { createHash } from 'node:crypto';
import { existsSync, readlinkSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type RawEntry, rawTarball, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSettings } from '../../src/apps/settings.ts';
import type { Install } from '../../src/ota/install.ts';
import type { TrustVerdict } from '../../src/trust/update-trust.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';

let kit: GatewayKit;

beforeAll(async () => {
  kit = await GatewayKit.make();
  await kit.startSupervisor();
});

afterAll(async () => {
  await kit?.[Symbol.asyncDispose]();
});

const script = (path: string, lines: readonly string[]): RawEntry => ({
  path,
  mode: 0o755,
  content: `#!/bin/sh\n${lines.join('\n')}\n`,
});
const manifest = (value: object): RawEntry => ({ path: 'gwe.json', content: JSON.stringify(value) });
const program = (seconds: number, ...entries: RawEntry[]) => [
  ...packageOf([], [`command = /bin/sleep ${seconds}`, 'startsecs = 0']),
  ...entries,
];
const unfinished = (): Install | undefined => kit.journal().unfinished()[0];

describe('pre_update.sh of the running version', () => {
  const busy = script('pre_update.sh', [
    'echo "$GWE_APP_VERSION to $GWE_NEW_VERSION" > "$GWE_HOME/asked"',
    'test ! -e "$GWE_HOME/busy" || { echo "the pump runs"; exit 75; }',
  ]);

  it('puts an update off for as long as it says so, and the running program is not touched', async () => {
    await kit.install('pump.v1.tar.gz', program(5001, busy));
    await writeFile(join(kit.layout.root, 'busy'), '');
    kit.instruct(kit.journal(), 'pump.v2.tar.gz', program(5002));
    await kit.runner(kit.journal()).run(AbortSignal.timeout(30_000));
    expect(unfinished()).toMatchObject({
      state: 'staged',
      facts: {
        waits: {
          for: 'veto',
          text: 'version 1 asks for a later time (pre_update.sh): the pump runs',
        },
      },
    });
    expect(await kit.commandOf('pump')).toBe('/bin/sleep 5001');
    expect(await kit.text('asked')).toBe('1 to 2\n');

    await rm(join(kit.layout.root, 'busy'));
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.takeStatus()).toContain('pump.v2.tar.gz: installed');
    expect(await kit.commandOf('pump')).toBe('/bin/sleep 5002');
  });

  it('that fails keeps its version, and says why', async () => {
    await kit.install('strict.v1.tar.gz', program(5011, script('pre_update.sh', ['echo never', 'exit 3'])));
    expect(await kit.install('strict.v2.tar.gz', program(5012))).toBe(
      'strict.v2.tar.gz: failed: pre_update.sh of version 1 exited with status 3: never',
    );
    expect(await kit.commandOf('strict')).toBe('/bin/sleep 5011');
    const ignoring = program(5013, manifest({ ignore_veto: true }));
    expect(await kit.install('strict.v3.tar.gz', ignoring)).toContain('strict.v3.tar.gz: installed');
  });

  it('is not asked where the gwe.json of the installed version cannot be read; that can be removed', async () => {
    const bye = script('uninstall.sh', ['echo bye']);
    await kit.install('odd.v1.tar.gz', program(5015, bye));
    await writeFile(join(kit.layout.apps, 'odd', '1', 'gwe.json'), '{"later": 1}');
    expect(await kit.install('odd.v2.tar.gz', program(5016))).toMatch(
      /^odd\.v2\.tar\.gz: failed: nothing was touched: version 1, .* unknown key "later".*; remove odd and install it again$/,
    );
    expect(await kit.commandOf('odd')).toBe('/bin/sleep 5015');
    kit.journal().addInstruction('remove odd', { install: [], remove: ['odd'] });
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.takeStatus()).toBe('odd: version 1 removed\nits output:\nbye');
  });

  it('is told to whoever stands at the gateway, who need not wait for it', async () => {
    await kit.install('local.v1.tar.gz', program(5021, busy));
    await writeFile(join(kit.layout.root, 'busy'), '');
    const file = join(kit.layout.root, 'local.v2.tar.gz');
    await writeFile(file, rawTarball(program(5022)));
    const { id } = kit.journal().add('file', 'local.v2.tar.gz', file);
    await kit.runner(kit.journal()).run(AbortSignal.timeout(30_000));
    expect(kit.journal().find(id)).toMatchObject({
      state: 'failed',
      facts: { because: 'veto', reason: expect.stringContaining('the pump runs') },
    });
    await rm(join(kit.layout.root, 'busy'));
  });
});

it('an update is refused before anything is touched while the supervisor cannot read its configuration', async () => {
  await kit.install('calm.v1.tar.gz', program(5091));
  const broken = join(kit.layout.programs, 'broken.conf');
  await writeFile(broken, '[program:broken]\ncommand = /bin/true\nnumprocs = x\n');
  const status = await kit.install('calm.v2.tar.gz', program(5092));
  expect(status).toContain(
    'calm.v2.tar.gz: failed: nothing was touched: the supervisor refused: CANT_REREAD',
  );
  expect(status).toContain('broken.conf, line 3');
  expect(await kit.commandOf('calm')).toBe('/bin/sleep 5091');
  await rm(broken);
  expect(await kit.install('calm.v2.tar.gz', program(5092))).toContain('calm.v2.tar.gz: installed');
});

describe('a package', () => {
  it.each([
    [{ engine: '99.0.0' }, 'it needs Gateway Engine 99.0.0 or later'],
    [{ architectures: ['s390x'] }, 'it is for s390x, and this gateway is'],
    [{ depends: [{ name: 'absent', versions: ['>=2'] }] }, 'it needs absent >=2, and that is not installed'],
    [{ config: { KEY: { required: true } } }, 'it needs the configuration value KEY: set it on this gateway'],
  ])('that needs %j is refused with what is there', async (value, problem) => {
    const status = await kit.install('needy.v1.tar.gz', program(5031, manifest(value)));
    expect(status).toContain('needy.v1.tar.gz: failed: ');
    expect(status).toContain(problem);
    expect(kit.journal().app('needy')).toBeUndefined();
  });

  it('that asks for other things than were signed for it is refused', async () => {
    const tarball = rawTarball(program(5041, manifest({ depends: [{ name: 'other' }] })));
    kit.content.set('forged.v1.tar.gz', tarball);
    kit.journal().addInstruction('forged', { install: ['forged.v1.tar.gz'] });
    const parts = kit.parts(kit.journal());
    const judge = async (): Promise<TrustVerdict> => signed(tarball);
    const runner = kit.runnerOf({ ...parts, trust: { judgeContent: judge, judgeFile: judge } });
    await runner.run(AbortSignal.timeout(30_000));
    expect(kit.takeStatus()).toBe(
      'forged.v1.tar.gz: failed: refused: its gwe.json asks for other things than were signed for it',
    );
  });

  it('of the versioned layout that is gone back from gives way to the version before, by its link', async () => {
    const entries = (seconds: number) => [
      manifest({ layout: 'versioned' }),
      { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\nstartsecs = 0\n' },
      script('run', [`exec /bin/sleep ${seconds}`]),
    ];
    await kit.install('back.v1.tar.gz', entries(5061));
    await kit.install('back.v2.tar.gz', entries(5062));
    const kept = join(kit.layout.packages, 'back.v1.tar.gz');
    kit.journal().add('kept', 'back.v1.tar.gz', kept);
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.journal().app('back')).toMatchObject({ version: '1', previous: '2' });
    expect(readlinkSync(join(kit.layout.current, 'back'))).toBe(join('..', 'back', '1'));
    await waitUntil('version 1', async () => (await kit.commandOf('back')) === '/bin/sleep 5061');
  });

  it('that is removed leaves its data and what was configured for it, and no link', async () => {
    const entries = [
      manifest({ layout: 'versioned', data: true, config: { LEVEL: {}, KEY: { deliver: 'file' } } }),
      { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\nstartsecs = 0\n' },
      script('run', ['exec /bin/sleep 5051']),
    ];
    await writeSettings(kit.layout, 'leaves', new Map([['KEY', { value: 'kept', secret: true }]]));
    await kit.install('leaves.v1.tar.gz', entries);
    await waitUntil('the program', async () => (await kit.commandOf('leaves')) === '/bin/sleep 5051');
    await mkdir(join(kit.layout.data, 'leaves', 'of-the-app'));
    kit.journal().addInstruction('remove leaves', { install: [], remove: ['leaves'] });
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.takeStatus()).toContain('leaves: version 1 removed');
    expect(existsSync(join(kit.layout.data, 'leaves', 'of-the-app'))).toBe(true);
    expect(await kit.text('etc', 'apps', 'leaves.json')).toContain('kept');
    expect(existsSync(join(kit.layout.appConfig, 'leaves'))).toBe(false);
    expect(existsSync(join(kit.layout.current, 'leaves'))).toBe(false);
  });
});

/** A verdict as a signature of these very bytes gives it, with nothing said of needs. */
function signed(tarball: Buffer): TrustVerdict {
  const sha256 = createHash('sha256').update(tarball).digest('hex');
  const tar = gunzipSync(tarball);
  const custom = {
    app: 'forged',
    version: '1',
    release: 1,
    tar: { length: tar.length, sha256: createHash('sha256').update(tar).digest('hex') },
    unpacked: 1,
  };
  return { kind: 'signed', length: tarball.length, sha256, custom };
}
