import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@gateway-engine/host';
import { type RawEntry, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Install } from '../../src/ota/install.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';

let kit: GatewayKit;

beforeAll(async () => {
  kit = await GatewayKit.make();
  await kit.startSupervisor();
});

afterAll(async () => {
  await kit?.[Symbol.asyncDispose]();
});

beforeEach(() => {
  kit.probationSeconds = 0;
});

const sleeps = (seconds: number) => [`command = /bin/sleep ${seconds}`, 'startsecs = 0'];
const needing = (entries: RawEntry[], manifest: object): RawEntry[] => [
  ...entries,
  { path: 'gwe.json', content: JSON.stringify(manifest) },
];
const unfinished = (tarball: string): Install | undefined =>
  kit
    .journal()
    .unfinished()
    .find((install) => install.tarball === tarball);

describe('a new version on probation', () => {
  it('that crashes is replaced by the version before, with the reason and the end of its log', async () => {
    await kit.install('crash.v1.tar.gz', packageOf([], sleeps(4001)));
    kit.probationSeconds = 30;
    const command = `command = /bin/sh -c 'echo cannot go on; sleep 1; exit 7'`;
    const status = await kit.install('crash.v2.tar.gz', packageOf([], [command, 'startsecs = 0']));
    expect(status).toMatch(/^crash\.v2\.tar\.gz: not installed: within its probation of 30 s crash ended/);
    expect(status).toContain('the end of its log:\ncannot go on');
    expect(status).toContain('version 1 is running again');
    expect(await kit.commandOf('crash')).toBe('/bin/sleep 4001');
    expect(kit.journal().app('crash')?.version).toBe('1');
    expect(kit.journal().history()[0]?.facts.because).toBe('probation');
  });

  it('that does not get healthy is replaced by the version before', async () => {
    await kit.install('ill.v1.tar.gz', packageOf([], sleeps(4011)));
    kit.probationSeconds = 30;
    const check = [
      'healthcheck_command = /bin/false',
      'healthcheck_interval = 0.2',
      'healthcheck_retries = 2',
    ];
    const status = await kit.install('ill.v2.tar.gz', packageOf([], [...sleeps(4012), ...check]));
    expect(status).toMatch(/^ill\.v2\.tar\.gz: not installed: within its probation of 30 s ill /);
    expect(status).toContain('version 1 is running again');
    expect(await kit.commandOf('ill')).toBe('/bin/sleep 4011');
  });

  it('holds up no other install, and is the installed one only after it', async () => {
    await kit.install('slow.v1.tar.gz', packageOf([], sleeps(4021)));
    kit.probationSeconds = 2;
    const journal = kit.journal();
    kit.instruct(journal, 'slow.v2.tar.gz', packageOf([], sleeps(4022)));
    kit.instruct(journal, 'other.v1.tar.gz', packageOf(['true']));
    const runner = kit.runner(journal);
    await runner.run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toContain('other.v1.tar.gz: installed');
    expect(unfinished('slow.v2.tar.gz')).toMatchObject({
      state: 'probation',
      facts: { waits: { for: 'probation', text: 'it is on probation for 2 s' } },
    });
    expect(journal.app('slow')?.version).toBe('1');
    await kit.runToEnd(runner);
    expect(kit.takeStatus()).toMatch(/^slow\.v2\.tar\.gz: installed\nits program is RUNNING/);
    expect(journal.app('slow')).toMatchObject({ version: '2', previous: '1' });
  });

  it('makes a later one wait for its end', async () => {
    kit.probationSeconds = 1;
    const journal = kit.journal();
    kit.instruct(journal, 'queue.v1.tar.gz', packageOf([], sleeps(4031)));
    const runner = kit.runner(journal);
    await runner.run(AbortSignal.timeout(60_000));
    kit.instruct(journal, 'queue.v2.tar.gz', packageOf([], sleeps(4032)));
    await runner.run(AbortSignal.timeout(60_000));
    expect(unfinished('queue.v2.tar.gz')).toMatchObject({
      state: 'staged',
      facts: { waits: { for: 'probation' } },
    });
    expect(await kit.commandOf('queue')).toBe('/bin/sleep 4031');
    await waitUntil('both', async () => {
      await kit.runToEnd(runner);
      return kit.journal().unfinished().length === 0;
    });
    const order = kit.takeStatus().match(/queue\.v\d\.tar\.gz: installed/g);
    expect(order).toEqual(['queue.v1.tar.gz: installed', 'queue.v2.tar.gz: installed']);
    expect(journal.app('queue')).toMatchObject({ version: '2', previous: '1' });
  });

  it('begins anew after a restart of the engine, and ends when that happens again and again', async () => {
    await kit.install('reboot.v1.tar.gz', packageOf([], sleeps(4041)));
    kit.probationSeconds = 1_000;
    kit.instruct(kit.journal(), 'reboot.v2.tar.gz', packageOf([], sleeps(4042)));
    for (let engine = 1; engine <= 4; engine++) {
      await kit.runner(kit.journal()).run(AbortSignal.timeout(60_000));
      expect(unfinished('reboot.v2.tar.gz')?.state).toBe('probation');
    }
    await kit.runner(kit.journal()).run(AbortSignal.timeout(60_000));
    const status = kit.takeStatus();
    expect(status).toContain('given up: the engine ended 3 times during this install, last while probation');
    expect(status).toContain('version 1 is running again');
    expect(await kit.commandOf('reboot')).toBe('/bin/sleep 4041');
  });

  it('waits for a supervisor that is away, and begins anew with the next one', async () => {
    await using other = await GatewayKit.make();
    await other.startSupervisor();
    await other.install('away.v1.tar.gz', packageOf([], sleeps(4061)));
    other.probationSeconds = 1;
    other.instruct(other.journal(), 'away.v2.tar.gz', packageOf([], sleeps(4062)));
    const runner = other.runner(other.journal());
    await runner.run(AbortSignal.timeout(60_000));
    await other.stopSupervisor();
    await runner.run(AbortSignal.timeout(60_000));
    expect(other.journal().unfinished()[0]?.facts.waits).toEqual({
      for: 'offline',
      text: 'the supervisor does not answer',
    });
    expect(runner.isWatching).toBe(false);
    await other.startSupervisor();
    await runner.run(AbortSignal.timeout(60_000));
    await other.runToEnd(runner);
    expect(other.takeStatus()).toContain('away.v2.tar.gz: installed');
    expect(await other.commandOf('away')).toBe('/bin/sleep 4062');
  });

  it('comes back from the kept package when the folder of the version before has got lost', async () => {
    await kit.install('lost.v1.tar.gz', packageOf([], sleeps(4051)));
    const wipes = 'rm -r "$GWE_HOME/apps/lost/1"';
    const status = await kit.install('lost.v2.tar.gz', packageOf([wipes, 'exit 9'], sleeps(4052)));
    expect(status).toContain('version 1 is running again');
    expect(await kit.text('apps', 'lost', '1', 'install.sh')).toBeDefined();
  });
});

describe('an instruction to cancel', () => {
  it('ends an installer that hangs, and brings the version before back', async () => {
    await kit.install('hang.v1.tar.gz', packageOf([], sleeps(4101)));
    const journal = kit.journal();
    kit.instruct(
      journal,
      'hang.v2.tar.gz',
      packageOf(['touch "$GWE_HOME/hangs"', 'sleep 1000'], sleeps(4102)),
    );
    const runner = kit.runner(journal);
    const running = runner.run(AbortSignal.timeout(60_000));
    await waitUntil('the installer', () => existsSync(join(kit.layout.root, 'hangs')));
    journal.addInstruction('cancel it', { install: [], cancel: ['hang'] });
    runner.reconsider();
    await running;
    const status = kit.takeStatus();
    expect(status).toContain('hang.v2.tar.gz: not installed: cancelled by an instruction');
    expect(status).toContain('version 1 is running again');
    expect(await kit.commandOf('hang')).toBe('/bin/sleep 4101');
  });

  it('or a later one for the same application ends a download that hangs', async () => {
    const journal = kit.journal();
    const parts = kit.parts(journal);
    const { downloads } = parts;
    if (!downloads) throw new Error('no downloads');
    let hanging = 0;
    const download: typeof downloads.client.download = async (product, id, options) => {
      if (!id.startsWith('stuck.')) return await downloads.client.download(product, id, options);
      hanging++;
      return await new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
      });
    };
    const client = { ...downloads.client, download };
    const runner = kit.runnerOf({ ...parts, downloads: { ...downloads, client } });
    for (const replace of [false, true]) {
      const before = hanging;
      kit.instruct(journal, 'stuck.v1.tar.gz', packageOf(['true']));
      const running = runner.run(AbortSignal.timeout(60_000));
      await waitUntil('the download', () => hanging > before);
      if (replace) journal.addInstruction('remove instead', { install: [], remove: ['stuck'] });
      else journal.addInstruction('cancel the download', { install: [], cancel: ['stuck'] });
      runner.reconsider();
      await running;
      expect(kit.takeStatus()).toMatch(
        replace
          ? /^stuck\.v1\.tar\.gz: failed: replaced by the later instruction to remove stuck\n\nstuck: not removed/
          : /^stuck\.v1\.tar\.gz: failed: cancelled by an instruction$/,
      );
    }
  });

  it('ends the start of a program that takes too long, and brings the version before back', async () => {
    await kit.install('late.v1.tar.gz', packageOf([], sleeps(4181)));
    const journal = kit.journal();
    const never = ['command = /bin/sleep 4182', 'startsecs = 100000'];
    kit.instruct(journal, 'late.v2.tar.gz', packageOf([], never));
    const runner = kit.runner(journal);
    const running = kit.runToEnd(runner);
    await waitUntil('the start', () => unfinished('late.v2.tar.gz')?.state === 'starting');
    journal.addInstruction('cancel late', { install: [], cancel: ['late'] });
    runner.reconsider();
    await running;
    expect(kit.takeStatus()).toContain('late.v2.tar.gz: not installed: cancelled by an instruction');
    expect(await kit.commandOf('late')).toBe('/bin/sleep 4181');
  });

  it('ends a probation', async () => {
    await kit.install('stop.v1.tar.gz', packageOf([], sleeps(4111)));
    kit.probationSeconds = 1_000;
    const journal = kit.journal();
    kit.instruct(journal, 'stop.v2.tar.gz', packageOf([], sleeps(4112)));
    const runner = kit.runner(journal);
    await runner.run(AbortSignal.timeout(60_000));
    journal.addInstruction('cancel that', { install: [], cancel: ['stop', 'nothing'] });
    await runner.run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toMatch(
      /^nothing: nothing to cancel\n\nstop\.v2\.tar\.gz: not installed: cancelled by an instruction\nversion 1 is running again/,
    );
  });
});

describe('the hours for updates', () => {
  it('keep an instruction waiting, and not what a person at the gateway asks for', async () => {
    const soon = new Date(systemClock.now() + 2 * 3_600_000).getUTCHours() * 60;
    const journal = kit.journal();
    const window = { from: soon, to: (soon + 60) % 1440, utc: true };
    const runner = kit.runnerOf({ ...kit.parts(journal), window });
    kit.instruct(journal, 'night.v1.tar.gz', packageOf(['true']));
    await runner.run(AbortSignal.timeout(60_000));
    expect(unfinished('night.v1.tar.gz')).toMatchObject({
      state: 'queued',
      facts: { waits: { for: 'window', text: expect.stringContaining('UTC only') } },
    });
    await runner.run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toMatch(
      /^night\.v1\.tar\.gz: waits \(window\): updates are installed in .* UTC only$/,
    );
    // The gateway's clock is wrong, and the platform's time is known.
    const wallTime = () => Date.UTC(2026, 0, 1, 0, soon + 1);
    await kit.runnerOf({ ...kit.parts(journal), window, wallTime }).run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toContain('night.v1.tar.gz: installed');
    await runner.run(AbortSignal.timeout(60_000), [journal.add('removal', 'night')]);
    expect(journal.app('night')).toBeUndefined();
  });
});

describe('applications that depend on each other', () => {
  const depends = (name: string, versions: string[] = []) => ({ depends: [{ name, versions }] });
  const instruct = (packages: Record<string, RawEntry[]>): void => {
    const journal = kit.journal();
    for (const [tarball, entries] of Object.entries(packages)) kit.offer(tarball, entries);
    journal.addInstruction(`set ${Math.random()}`, { install: Object.keys(packages) });
  };
  const run = async (): Promise<string> => {
    await kit.runToEnd(kit.runner(kit.journal()));
    return kit.takeStatus();
  };

  it('are installed in their order, whatever the order of the list', async () => {
    instruct({
      'top.v1.tar.gz': needing(packageOf(['echo top >> "$GWE_HOME/order"'], sleeps(4201)), depends('base')),
      'alone.v1.tar.gz': packageOf(['true']),
      'base.v1.tar.gz': packageOf(['echo base >> "$GWE_HOME/order"'], sleeps(4202)),
    });
    const status = await run();
    for (const app of ['top', 'alone', 'base']) expect(status).toContain(`${app}.v1.tar.gz: installed`);
    expect(await kit.text('order')).toBe('base\ntop\n');
  });

  it('are all brought back when one of them fails its probation, and others stay', async () => {
    kit.probationSeconds = 1;
    const crashes = [`command = /bin/sh -c 'sleep 0.3; exit 7'`, 'startsecs = 0'];
    instruct({
      'top.v2.tar.gz': needing(packageOf([], crashes), depends('base')),
      'alone.v2.tar.gz': packageOf(['true']),
      'base.v2.tar.gz': packageOf([], sleeps(4204)),
    });
    const status = await run();
    expect(status).toContain('top.v2.tar.gz: not installed: within its probation');
    expect(status).toContain(
      'base.v2.tar.gz: not installed: top.v2.tar.gz, which belongs to it, was not installed',
    );
    expect(status).toContain('alone.v2.tar.gz: installed');
    expect(kit.journal().app('base')?.version).toBe('1');
    expect(await kit.commandOf('base')).toBe('/bin/sleep 4202');
    expect(await kit.commandOf('top')).toBe('/bin/sleep 4201');
  });

  it('are none of them touched when one is refused', async () => {
    const { pid } = await kit.supervisor.getProcessInfo('base');
    instruct({
      'base.v3.tar.gz': packageOf([], sleeps(4205)),
      'top.v3.tar.gz': needing([{ path: '../x' }], depends('base')),
      'third.v1.tar.gz': needing(packageOf(['true']), {
        depends: [
          { name: 'base', versions: [] },
          { name: 'no', versions: [] },
        ],
      }),
    });
    const status = await run();
    expect(status).toContain('third.v1.tar.gz: failed: it needs no, and that is not installed');
    expect(status).toContain('base.v3.tar.gz: failed: third.v1.tar.gz, which belongs to it');
    expect((await kit.supervisor.getProcessInfo('base')).pid).toBe(pid);
  });

  it('are refused with what is missing', async () => {
    const status = await kit.install('wants.v1.tar.gz', needing(packageOf(['true']), depends('base', ['9'])));
    expect(status).toContain('wants.v1.tar.gz: failed: it needs base 9, and version 1 is installed');
    expect(kit.journal().history()[0]?.facts.because).toBe('dependency');
  });

  it('keep what they need from being replaced by a version that does not serve, unless they are replaced as well', async () => {
    await kit.install('base.v1.tar.gz', packageOf([], sleeps(4202)));
    await kit.install('picky.v1.tar.gz', needing(packageOf(['true']), depends('base', ['1'])));
    expect(await kit.install('base.v2.tar.gz', packageOf([], sleeps(4206)))).toBe(
      'base.v2.tar.gz: failed: picky, which is installed, needs base 1',
    );
    instruct({
      'base.v2.tar.gz': packageOf([], sleeps(4206)),
      'picky.v2.tar.gz': needing(packageOf(['true']), depends('base', ['2'])),
    });
    expect((await run()).match(/\.v2\.tar\.gz: installed/g)).toHaveLength(2);
    kit.journal().addInstruction('remove picky', { install: [], remove: ['picky'] });
    await run();
  });

  it('keep what they need from being removed, unless they go as well', async () => {
    const journal = kit.journal();
    journal.addInstruction('remove base', { install: [], remove: ['base'] });
    expect(await run()).toBe('base: not removed: top needs it; remove that as well');
    journal.addInstruction('remove both', { install: [], remove: ['base', 'top'] });
    expect(await run()).toBe('base: version 2 removed\n\ntop: version 1 removed');
  });
});

describe('a removal', () => {
  it('stops the program, runs its uninstall.sh, and leaves nothing of its packages', async () => {
    const uninstall: RawEntry = {
      path: 'uninstall.sh',
      mode: 0o755,
      content: '#!/bin/sh\necho "bye $GWE_APP_NAME" | tee "$GWE_HOME/bye"\n',
    };
    await kit.install('gone.v1.tar.gz', [...packageOf([], sleeps(4301)), uninstall]);
    await kit.install('gone.v2.tar.gz', [...packageOf([], sleeps(4302)), uninstall]);
    kit.journal().addInstruction('remove gone', { install: [], remove: ['gone'] });
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.takeStatus()).toBe('gone: version 2 removed\nits output:\nbye gone');
    expect(await kit.text('bye')).toBe('bye gone\n');
    expect(existsSync(join(kit.layout.apps, 'gone'))).toBe(false);
    expect(readdirSync(kit.layout.packages).filter((name) => name.startsWith('gone.'))).toEqual([]);
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'gone.conf')).toBeUndefined();
    expect((await kit.supervisor.getAllProcessInfo()).some(({ group }) => group === 'gone')).toBe(false);
    expect(kit.journal().app('gone')).toBeUndefined();
  });

  it('of what is not there says so', async () => {
    kit.journal().addInstruction('remove nobody', { install: [], remove: ['nobody'] });
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.takeStatus()).toBe('nobody: not removed: nobody is not installed');
  });

  it('of the engine itself is refused', async () => {
    kit.journal().addInstruction('remove engine', { install: [], remove: ['GatewayEngine'] });
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.takeStatus()).toBe(
      'GatewayEngine: not removed: GatewayEngine is the engine itself, which stays',
    );
  });
});

describe('a journal of an earlier engine', () => {
  it('is gone on with where it names a state otherwise', async () => {
    const journal = kit.journal();
    kit.instruct(journal, 'old.v1.tar.gz', packageOf(['true']));
    const runner = kit.runner(journal);
    const parts = kit.parts(journal);
    await parts.files.prepareCache();
    const [install] = journal.unfinished();
    if (!install) throw new Error('no install');
    const facts = { name: 'old', version: '1', contents: { kind: 'one-off', installer: 'install.sh' } };
    kit.database
      .prepare("UPDATE install SET state = 'staging', facts = ? WHERE id = ?")
      .run(JSON.stringify(facts), install.id);
    await kit.putIntoCache(install.id, 'old.v1.tar.gz');
    await runner.run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toContain('old.v1.tar.gz: installed');
    await rm(join(kit.layout.packages, 'old.v1.tar.gz'));
  });
});
