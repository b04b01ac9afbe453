import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SmallDisk } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import type { Install, InstallFacts } from '../../src/ota/install.ts';
import { InstallJournal } from '../../src/ota/journal.ts';
import type { InstallState } from '../../src/ota/states.ts';
import { isOutOfSpace } from '../../src/state/disk-space.ts';
import { hasReserve } from '../../src/state/reserve.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';

/** A journal on a disk that has no room for it, reserve or not. */
class FullDiskJournal extends InstallJournal {
  isFull = () => false;

  override changeState(install: Install, to: InstallState, facts?: InstallFacts): Install {
    if (this.isFull()) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
    return super.changeState(install, to, facts);
  }
}

const sleeps = (seconds: number) => [`command = /bin/sleep ${seconds}`, 'startsecs = 0'];

describe('a disk that an installer fills', () => {
  it.each([
    ['and says that all is well', 'exit 0'],
    ['and fails', 'exit 1'],
  ])(
    '%s: the version before runs again, and the platform is told',
    async (_, end) => {
      await using disk = await SmallDisk.mount(24).catch(() => undefined);
      // Without the right to mount, the next test is what is left.
      if (!disk) return;
      await using kit = await GatewayKit.make(disk);
      await kit.startSupervisor();
      await kit.install('app.v1.tar.gz', packageOf([], sleeps(3101)));
      expect(hasReserve(kit.layout.reserve)).toBe(true);
      const fill = ['dd if=/dev/zero of="$GWE_HOME/fill" bs=64k', 'dd if=/dev/zero of="$GWE_HOME/rest" bs=1'];
      const status = await kit.install('app.v2.tar.gz', packageOf([...fill, end], sleeps(3102)));
      expect(status).toContain('app.v2.tar.gz: not installed: ');
      expect(status).toContain(`no space left on tmpfs ${disk.path}, needs `);
      expect(status).toContain('version 1 is running again');
      expect(await kit.commandOf('app')).toBe('/bin/sleep 3101');
      expect(existsSync(join(kit.layout.apps, 'app', '2'))).toBe(false);
      expect(readdirSync(kit.layout.cache)).toEqual(['packages']);
      expect(readdirSync(kit.layout.staging)).toEqual([]);
      expect(kit.journal().unfinished()).toEqual([]);

      rmSync(join(disk.path, 'fill'));
      rmSync(join(disk.path, 'rest'));
      expect(await kit.install('app.v3.tar.gz', packageOf([], sleeps(3103)))).toContain(
        'its program is RUNNING',
      );
      expect(hasReserve(kit.layout.reserve)).toBe(true);
    },
    60_000,
  );

  it('beyond the reserve: the program is brought back though nothing can be written down, and told later', async () => {
    await using kit = await GatewayKit.make();
    await kit.startSupervisor();
    await kit.install('app.v1.tar.gz', packageOf([], sleeps(3201)));
    const runs = 'echo ran >> "$GWE_HOME/runs"';
    const journal = new FullDiskJournal(...kit.journalParts());
    journal.isFull = () => existsSync(join(kit.layout.root, 'runs'));
    kit.instruct(journal, 'app.v2.tar.gz', packageOf([runs], sleeps(3202)));
    const runner = kit.runner(journal);
    for (const attempt of [1, 2]) {
      const error = await runner.run(AbortSignal.timeout(60_000)).catch((reason) => reason);
      expect(isOutOfSpace(error), `attempt ${attempt}`).toBe(true);
      expect(await kit.commandOf('app')).toBe('/bin/sleep 3201');
    }
    expect(await kit.text('runs')).toBe('ran\n');

    journal.isFull = () => false;
    await runner.run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toMatch(
      /^app\.v2\.tar\.gz: not installed: no space left on .*\nversion 1 is running/,
    );
    expect(await kit.commandOf('app')).toBe('/bin/sleep 3201');
    expect(await kit.text('runs')).toBe('ran\n');
  }, 60_000);
});
