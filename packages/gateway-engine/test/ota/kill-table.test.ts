import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Install, InstallFacts } from '../../src/ota/install.ts';
import { InstallJournal } from '../../src/ota/journal.ts';
import { type InstallState, installStates } from '../../src/ota/states.ts';
import type { Wait } from '../../src/ota/why.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';

/** The process has ended: from now on nothing is written any more. */
class Killed extends Error {}

/**
 * A journal of an engine that is killed before or after its nth write. What `kill -9` leaves behind is exactly this:
 * everything written so far, and nothing else.
 */
class MortalJournal extends InstallJournal {
  /** Counts down in halves: an even number dies before a write, an odd one after it. */
  lives: number;
  /** What was written, by all engines. */
  readonly writes: Set<string>;

  constructor(parts: ConstructorParameters<typeof InstallJournal>, lives: number, writes: Set<string>) {
    super(...parts);
    this.lives = lives;
    this.writes = writes;
  }

  override changeState(install: Install, to: InstallState, facts?: InstallFacts): Install {
    return this.#write(`to ${to}`, () => super.changeState(install, to, facts));
  }

  override commitTogether(installs: readonly Install[]): void {
    this.#write('committed together', () => super.commitTogether(installs));
  }

  override addFacts(install: Install, facts: InstallFacts): Install {
    return this.#write(`facts ${Object.keys(facts)}`, () => super.addFacts(install, facts));
  }

  override noteWait(install: Install, wait: Wait, told: string | undefined): void {
    this.#write('wait', () => super.noteWait(install, wait, told));
  }

  override countAttempt(install: Install): Install {
    return this.#write('attempt', () => super.countAttempt(install));
  }

  #write<T>(what: string, write: () => T): T {
    if (this.lives <= 0) throw new Killed();
    if (--this.lives <= 0) throw new Killed();
    const result = write();
    this.writes.add(what);
    if (--this.lives <= 0) throw new Killed();
    return result;
  }
}

/** All but the first. */
const transitionsTo = installStates.filter((state) => state !== 'queued');

describe('an engine that is killed during an install', () => {
  let kit: GatewayKit;
  const writes = new Set<string>();

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor();
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  function mortal(lives: number): MortalJournal {
    return new MortalJournal(kit.journalParts(), lives, writes);
  }

  /** A program that shows its version by its command line, and by what its installer left in bin/. */
  const app = (version: string, script: string[] = []) =>
    packageOf(
      [
        `echo "$GWE_APP_VERSION" > "$GWE_HOME/bin/marker"`,
        `echo ran >> "$GWE_HOME/runs-$GWE_APP_VERSION"`,
        ...script,
      ],
      [`command = /bin/sleep ${1000 + Number(version)}`, 'startsecs = 0'],
    );

  /** Runs until killed, then as a new engine until done. Whether the first engine was killed at all. */
  async function killedAt(lives: readonly number[]): Promise<boolean> {
    let wasKilled = false;
    for (const each of lives) {
      try {
        await kit.runToEnd(kit.runner(mortal(each)));
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
        wasKilled = true;
      }
    }
    await kit.runToEnd(kit.runner(kit.journal()));
    return wasKilled;
  }

  async function expectRunning(version: string): Promise<void> {
    expect(await kit.commandOf('app')).toBe(`/bin/sleep ${1000 + Number(version)}`);
    expect(await kit.text('bin', 'marker')).toBe(`${version}\n`);
    expect(kit.journal().app('app')?.version).toBe(version);
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'app.conf')).toContain(
      `sleep ${1000 + Number(version)}`,
    );
    expect(await kit.text('apps', 'app', version, 'install.sh')).toBeDefined();
  }

  it('at any moment of a good one: the new version runs in the end, whole, and is reported once', async () => {
    let version = 1;
    await kit.install('app.v1.tar.gz', app('1'));
    for (let lives = 1; ; lives++) {
      version++;
      kit.instruct(kit.journal(), `app.v${version}.tar.gz`, app(String(version)));
      const wasKilled = await killedAt([lives]);
      await expectRunning(String(version));
      const status = kit.takeStatus();
      expect(status.match(new RegExp(`app\\.v${version}\\.tar\\.gz`, 'g'))).toHaveLength(1);
      expect(status).toContain('installed');
      if (!wasKilled) break;
    }
    expect(version).toBeGreaterThan(15);
  }, 120_000);

  it('at any moment of one whose installer fails: the old version runs in the end, whole', async () => {
    await kit.install('app.v1.tar.gz', app('1'));
    for (let lives = 1, version = 100; ; lives++, version++) {
      kit.instruct(kit.journal(), `app.v${version}.tar.gz`, app(String(version), ['echo no; exit 3']));
      const wasKilled = await killedAt([lives]);
      await expectRunning('1');
      const status = kit.takeStatus();
      expect(status).toMatch(
        /^app\.v\d+\.tar\.gz: not installed: install\.sh exited with status 3\nversion 1 is running/,
      );
      expect(await kit.text('apps', 'app', String(version), 'install.sh')).toBeUndefined();
      if (!wasKilled) break;
    }
  }, 120_000);

  it('again and again: it ends, with one version or the other', async () => {
    await kit.install('app.v1.tar.gz', app('1'));
    for (const lives of [
      [9, 7, 5],
      [13, 9, 9, 9, 9, 9],
      [15, 15, 15, 15],
      [18, 3, 3, 3, 3, 3, 3],
    ]) {
      kit.instruct(kit.journal(), 'app.v2.tar.gz', app('2'));
      expect(await killedAt(lives)).toBe(true);
      await expectRunning(kit.journal().app('app')?.version ?? '');
      expect(kit.takeStatus()).toMatch(/^app\.v2\.tar\.gz: (installed|not installed: given up)/);
    }
  }, 120_000);

  it('at any moment of a one-off application: its installer runs once at most', async () => {
    for (let lives = 1, version = 200; ; lives++, version++) {
      kit.instruct(
        kit.journal(),
        `once.v${version}.tar.gz`,
        packageOf([`echo ran >> "$GWE_HOME/once-${version}"`]),
      );
      const wasKilled = await killedAt([lives]);
      const runs = await kit.text(`once-${version}`);
      const status = kit.takeStatus();
      if (status.includes(': installed')) expect(runs).toBe('ran\n');
      else expect(status).toContain('not run a second time');
      // Empty: the installer was killed as well, between opening the file and writing to it.
      expect([undefined, '', 'ran\n']).toContain(runs);
      if (!wasKilled) break;
    }
  }, 120_000);

  it('at any moment of a removal: it is gone in the end, its uninstall.sh was run once at most, and it is told once', async () => {
    const uninstall = {
      path: 'uninstall.sh',
      mode: 0o755,
      content: '#!/bin/sh\necho ran >> "$GWE_HOME/gone-$GWE_APP_VERSION"\n',
    };
    for (let lives = 1, version = 300; ; lives += 2, version++) {
      await kit.install(`gone.v${version}.tar.gz`, [...app(String(version)), uninstall]);
      kit.journal().addInstruction(`remove ${version}`, { install: [], remove: ['gone'] });
      const wasKilled = await killedAt([lives]);
      expect(kit.takeStatus()).toMatch(
        new RegExp(`^gone: version ${version} removed(\nthe engine ended while.*)?$`),
      );
      expect(['ran\n', '', undefined]).toContain(await kit.text(`gone-${version}`));
      expect(await kit.commandOf('gone')).toBeUndefined();
      expect(await kit.text('apps', 'gone', String(version), 'install.sh')).toBeUndefined();
      expect(await kit.text('etc', 'supervisor', 'conf.d', 'gone.conf')).toBeUndefined();
      expect(kit.journal().app('gone')).toBeUndefined();
      if (!wasKilled) break;
    }
  }, 120_000);

  it('at any moment of one that fails its probation: the old version runs in the end, whole, and it is told once', async () => {
    await kit.install('app.v1.tar.gz', app('1'));
    const broken = packageOf(
      ['echo "$GWE_APP_VERSION" > "$GWE_HOME/bin/marker"'],
      ["command = /bin/sh -c 'exit 7'", 'startsecs = 0', 'autorestart = false'],
    );
    for (let lives = 1, version = 400; ; lives += 2, version++) {
      kit.instruct(kit.journal(), `app.v${version}.tar.gz`, broken);
      kit.probationSeconds = 2;
      const wasKilled = await killedAt([lives]);
      kit.probationSeconds = 0;
      const status = kit.takeStatus();
      await expectRunning('1');
      expect(status.match(/app\.v4\d\d\.tar\.gz: /g)).toHaveLength(1);
      expect(status).toContain('app has ended (exit status 7)');
      expect(status).toContain('version 1 is running again');
      if (!wasKilled) break;
    }
  }, 120_000);

  it('at any moment of two that belong together: both are new in the end, or both are old', async () => {
    const base = (version: number) =>
      packageOf([], [`command = /bin/sleep ${5000 + version}`, 'startsecs = 0']);
    const top = (version: number, end = 'true') => [
      ...packageOf([end], [`command = /bin/sleep ${6000 + version}`, 'startsecs = 0']),
      { path: 'gwe.json', content: '{"depends": [{"name": "base"}]}' },
    ];
    const instruct = (version: number, end?: string) => {
      kit.offer(`top.v${version}.tar.gz`, top(version, end));
      kit.offer(`base.v${version}.tar.gz`, base(version));
      const install = [`top.v${version}.tar.gz`, `base.v${version}.tar.gz`];
      kit.journal().addInstruction(`both ${version} ${end}`, { install });
    };
    const expectBoth = async (version: number) => {
      expect(await kit.commandOf('base')).toBe(`/bin/sleep ${5000 + version}`);
      expect(await kit.commandOf('top')).toBe(`/bin/sleep ${6000 + version}`);
      expect(kit.journal().app('base')?.version).toBe(String(version));
      expect(kit.journal().app('top')?.version).toBe(String(version));
    };
    let good = 1;
    instruct(good);
    expect(await killedAt([])).toBe(false);
    kit.takeStatus();
    for (let lives = 1; ; lives += 7) {
      instruct(++good);
      const wasKilled = await killedAt([lives]);
      await expectBoth(good);
      expect(kit.takeStatus().match(/\.tar\.gz: installed/g)).toHaveLength(2);
      if (!wasKilled) break;
    }
    for (let lives = 1, version = 200; ; lives += 7, version++) {
      instruct(version, 'exit 3');
      const wasKilled = await killedAt([lives]);
      await expectBoth(good);
      const status = kit.takeStatus();
      expect(status).toContain(`top.v${version}.tar.gz: not installed: install.sh exited with status 3`);
      expect(status).toMatch(/base\.v\d+\.tar\.gz: (not installed|failed): top/);
      if (!wasKilled) break;
    }
  }, 120_000);

  it('at any moment of one that is refused: nothing is touched, and it is told once', async () => {
    for (let lives = 1, version = 500; ; lives++, version++) {
      kit.instruct(kit.journal(), `bad.v${version}.tar.gz`, [{ path: '../x' }]);
      const wasKilled = await killedAt([lives]);
      expect(kit.takeStatus()).toMatch(
        /^bad\.v5\d\d\.tar\.gz: failed: refused: the path "\.\.\/x" leads outside/,
      );
      if (!wasKilled) break;
    }
  }, 120_000);

  it('was killed before and after each of these writes, at least', () => {
    const states = [...transitionsTo].map((state) => `to ${state}`);
    expect([...writes]).toEqual(
      expect.arrayContaining([...states, 'committed together', 'facts previous', 'facts installerBegun']),
    );
  });
});
