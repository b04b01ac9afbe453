import { describe, expect, it } from 'vitest';
import type { Sync } from '../../src/store/group-commit.ts';
import { PacedSync } from '../../src/store/paced-sync.ts';

/** A disk that takes as long as it is told, in the thread and in place. */
function disk() {
  let now = 0;
  const clock = { monotonic: () => now };
  const took = { inThread: 0, inPlace: 0 };
  const sync: Sync = {
    run: async () => {
      now += took.inThread;
    },
    runNow: () => {
      now += took.inPlace;
    },
  };
  const told: number[] = [];
  const paced = new PacedSync(sync, clock, (ms) => told.push(ms));
  return {
    paced,
    took,
    told,
    /** As the group commit does it; gives how many were waited for in place. */
    async syncs(count: number): Promise<number> {
      let inPlace = 0;
      for (let sync = 0; sync < count; sync++) {
        if (paced.isQuick) {
          paced.runNow();
          inPlace++;
        } else await paced.run();
      }
      return inPlace;
    },
  };
}

describe('a sync', () => {
  it('is left to the thread first, and waited for in place when the disk is quick', async () => {
    const { syncs, took, told } = disk();
    took.inThread = 0.3;
    took.inPlace = 0.1;
    expect(await syncs(256)).toBe(0);
    expect(await syncs(1000)).toBe(1000);
    expect(told).toHaveLength(1256);
    expect(told.at(-1)).toBeCloseTo(0.1);
  });

  it('of a slow disk stays with the thread, and so does one that is slow every now and then', async () => {
    const { syncs, took } = disk();
    took.inThread = 5;
    expect(await syncs(2000)).toBe(0);
    took.inThread = 0.2;
    took.inPlace = 0.1;
    await syncs(256);
    expect(await syncs(100)).toBe(100);
    // A journal is written, or a card moves its blocks: one is held up, and the next ones are not.
    took.inPlace = 30;
    expect(await syncs(100)).toBe(1);
    took.inPlace = 0.1;
    expect(await syncs(157)).toBe(0);
    expect(await syncs(100)).toBe(100);
  });

  it('that fails is told to nobody, and counts as nothing', async () => {
    const clock = { monotonic: () => 0 };
    const told: number[] = [];
    const failing: Sync = {
      run: () => Promise.reject(new Error('EIO')),
      runNow: () => {
        throw new Error('EIO');
      },
    };
    const paced = new PacedSync(failing, clock, (ms) => told.push(ms));
    await expect(paced.run()).rejects.toThrow('EIO');
    expect(() => paced.runNow()).toThrow('EIO');
    expect(told).toEqual([]);
  });
});
