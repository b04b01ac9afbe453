import { expect, it } from 'vitest';
import type { Install, InstallFacts } from '../../src/ota/install.ts';
import { InstallJournal } from '../../src/ota/journal.ts';
import { parseWindow } from '../../src/ota/window.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';

class Killed extends Error {}

/** Of a process that is killed as soon as an installer runs. */
class MortalJournal extends InstallJournal {
  #isKilled = false;

  override addFacts(install: Install, facts: InstallFacts): Install {
    if (this.#isKilled || facts.installer) {
      this.#isKilled = true;
      throw new Killed();
    }
    return super.addFacts(install, facts);
  }

  override changeState(...change: Parameters<InstallJournal['changeState']>): Install {
    if (this.#isKilled) throw new Killed();
    return super.changeState(...change);
  }
}

it('an installer that another process had begun, and was killed with, does not run a second time', async () => {
  await using kit = await GatewayKit.make();
  const journal = kit.journal();
  kit.instruct(journal, 'reboot.v1.tar.gz', packageOf(['echo ran >> "$GWE_HOME/runs"; sleep 3']));
  const now = new Date();
  const hour = (hours: number) => String((now.getUTCHours() + hours) % 24).padStart(2, '0');
  const later = parseWindow(`${hour(3)}:00-${hour(4)}:00 UTC`);
  const one = kit.runnerOf({ ...kit.parts(journal), window: later });
  await one.run(AbortSignal.timeout(60_000));
  expect(journal.unfinished()).toMatchObject([{ state: 'queued', facts: { waits: { for: 'window' } } }]);

  const mortal = new MortalJournal(...kit.journalParts());
  const other = kit.runnerOf(kit.parts(mortal));
  await expect(other.run(AbortSignal.timeout(60_000))).rejects.toBeInstanceOf(Killed);
  expect(journal.unfinished()).toMatchObject([{ state: 'installing', facts: { installerBegun: true } }]);

  await one.run(AbortSignal.timeout(60_000));
  expect(kit.takeStatus()).toContain(
    'reboot.v1.tar.gz: failed: the engine ended while its installer ran; it is not run a second time',
  );
});
