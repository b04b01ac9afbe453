import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Install, InstallFacts } from '../../src/ota/install.ts';
import { InstallJournal } from '../../src/ota/journal.ts';
import type { InstallState } from '../../src/ota/states.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';

/** The process has ended: from now on nothing is written any more. */
class Killed extends Error {}

/**
 * A journal of an engine that is killed before or after its nth write. What `kill -9` leaves behind is exactly this:
 * everything written so far, and nothing else.
 */
class MortalJournal extends InstallJournal {
  /** Counts down in halves: an even number dies before a write, an odd one after it. */
  lives = Number.POSITIVE_INFINITY;
  lastWrite = '';

  override changeState(install: Install, to: InstallState, facts?: InstallFacts): Install {
    return this.#write(`to ${to}`, () => super.changeState(install, to, facts));
  }

  override addFacts(install: Install, facts: InstallFacts): Install {
    return this.#write(`facts ${Object.keys(facts)}`, () => super.addFacts(install, facts));
  }

  override countAttempt(install: Install): Install {
    return this.#write('attempt', () => super.countAttempt(install));
  }

  #write<T>(what: string, write: () => T): T {
    if (this.lives <= 0) throw new Killed();
    this.lastWrite = what;
    if (--this.lives <= 0) throw new Killed();
    const result = write();
    if (--this.lives <= 0) throw new Killed();
    return result;
  }
}

describe('an engine that is killed during an install', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor();
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  function mortal(lives: number): MortalJournal {
    return Object.assign(new MortalJournal(...kit.journalParts()), { lives });
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
        await kit.runner(mortal(each)).run(AbortSignal.timeout(60_000));
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
        wasKilled = true;
      }
    }
    await kit.runner(kit.journal()).run(AbortSignal.timeout(60_000));
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
});
