import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, silentLogger } from '@gateway-engine/host';
import { SupervisorUnreachable } from '@gateway-engine/supervisor';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import type { Install } from '../../src/ota/install.ts';
import type { OtaParts } from '../../src/ota/parts.ts';
import { EngineSlots } from '../../src/self-update/engine-slots.ts';
import { engineSteps, whyNotEngine } from '../../src/self-update/engine-steps.ts';
import type { EngineUpdate } from '../../src/self-update/engine-update.ts';

/** An engine of version 1 with a version 2 that has begun its trial, as this process sees it. */
async function trialOfTwo(change: Partial<EngineUpdate> = {}) {
  const folder = await temporaryFolder();
  const slots = new EngineSlots(join(folder.path, 'engine'));
  for (const version of ['1', '2']) {
    await makeDirectory(join(folder.path, version, 'bin'));
    await writeFile(join(folder.path, version, 'bin', 'gwe'), '');
  }
  await slots.install(join(folder.path, '1'), '1');
  await slots.place(join(folder.path, '2'), '2');
  await slots.begin({ version: '2', previous: '1', seconds: 60 });
  const brought: string[] = [];
  const engine: EngineUpdate = {
    slots,
    processes: {
      bringTo: async (slot) => {
        brought.push(slot);
      },
      queueRunsFrom: async () => true,
    },
    ownSlot: '2',
    hasCheckedIn: () => true,
    upSeconds: () => 1,
    endSelf: () => {},
    trialSeconds: 60,
    ...change,
  };
  const install: Install = {
    id: 1,
    source: 'content',
    tarball: 'GatewayEngine.v2.tar.gz',
    path: null,
    state: 'probation',
    attempts: 0,
    createdAt: 0,
    changedAt: 0,
    facts: {
      name: 'GatewayEngine',
      version: '2',
      contents: {
        kind: 'one-off',
        installer: 'install.sh',
        topDirectory: undefined,
        supervisorConf: undefined,
      },
      previous: { version: '1', conf: null },
      reason: 'it is not well',
    },
  };
  const parts = { logger: silentLogger } as OtaParts;
  const step = async (state: 'probation' | 'rolling-back') =>
    await engineSteps(engine)[state]?.(install, parts, AbortSignal.timeout(10_000));
  return { engine, slots, brought, step, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('a new version of the engine on probation', () => {
  it('stays once it has checked in and its queue runs, and the version before it is kept', async () => {
    await using trial = await trialOfTwo();
    expect(await trial.step('probation')).toMatchObject({ ending: 'done' });
    expect(await trial.slots.trial()).toBeUndefined();
    expect(await trial.slots.current()).toBe('2');
    expect(trial.brought).toEqual(['2']);
  });

  it.each<[string, Partial<EngineUpdate>]>([
    ['has not checked in', { hasCheckedIn: () => false }],
    ['is looked at by the version before', { ownSlot: '1' }],
    ['has no queue yet', { processes: { bringTo: async () => {}, queueRunsFrom: async () => false } }],
    [
      'has no supervisor just now',
      {
        processes: {
          bringTo: async () => {
            throw new SupervisorUnreachable('gone');
          },
          queueRunsFrom: async () => true,
        },
      },
    ],
  ])('goes on with it while it %s', async (_, change) => {
    await using trial = await trialOfTwo(change);
    expect(await trial.step('probation')).toMatchObject({ ending: 'waits' });
    expect(await trial.slots.trial()).toBeDefined();
  });

  it('fails when its queue does not run for a minute', async () => {
    await using trial = await trialOfTwo({
      processes: { bringTo: async () => {}, queueRunsFrom: async () => false },
      upSeconds: () => 61,
    });
    expect(await trial.step('probation')).toMatchObject({
      ending: 'failed',
      facts: { reason: 'its queue does not run' },
    });
  });

  it('fails when the start scripts have gone back, with their reason', async () => {
    await using trial = await trialOfTwo({ ownSlot: '1' });
    await trial.slots.goBack('it was started 3 times');
    expect(await trial.step('probation')).toMatchObject({
      ending: 'failed',
      facts: { reason: 'it was started 3 times' },
    });
  });

  it('that failed gives way to the version before, also when that is interrupted and done again', async () => {
    await using trial = await trialOfTwo();
    for (let time = 0; time < 2; time++) {
      expect(await trial.step('rolling-back')).toMatchObject({
        ending: 'done',
        facts: { note: 'version 1 of the engine runs again' },
      });
      expect(await trial.slots.current()).toBe('1');
    }
    expect(trial.brought).toEqual(['1', '1']);
  });
});

describe('an update of the engine', () => {
  it('is refused where the engine was not installed from a package', async () => {
    await using folder = await temporaryFolder();
    const slots = new EngineSlots(join(folder.path, 'none'));
    await using trial = await trialOfTwo({ slots });
    expect(await whyNotEngine(trial.engine, '2')).toContain('cannot replace itself');
    expect(await whyNotEngine(undefined, '2')).toContain('cannot replace itself');
  });

  it.each(['current', 'trial', 'trial.failed', '.hidden', '-n', '1\\n', '1$x'])(
    'to a version that cannot be the name of a slot, such as %j, is refused',
    async (version) => {
      await using trial = await trialOfTwo();
      expect(await whyNotEngine(trial.engine, version)).toContain('is no version of the engine');
    },
  );

  it('to the version that runs is refused', async () => {
    await using trial = await trialOfTwo();
    expect(await whyNotEngine(trial.engine, '3')).toBeUndefined();
    await trial.slots.pass();
    expect(await whyNotEngine(trial.engine, '2')).toBe('version 2 of the engine runs already');
  });
});
