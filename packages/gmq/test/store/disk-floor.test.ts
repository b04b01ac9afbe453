import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiskFloor } from '../../src/store/disk-floor.ts';

const MiB = 1024 * 1024;

describe('DiskFloor', () => {
  it('leaves 8 MiB of a large disk and a fifth of a small one, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 * MiB }),
        fc.array(fc.integer({ min: 1, max: MiB }), { maxLength: 300 }),
        (total, requests) => {
          let free = total;
          const floor = new DiskFloor(() => ({ free, total }), new FakeClock());
          for (const bytes of requests) {
            if (floor.take(bytes) === 0) free -= bytes;
          }
          expect(free).toBeGreaterThanOrEqual(Math.min(8 * MiB, total * 0.2));
        },
      ),
    );
  });

  it('notices within a second that others filled the disk, or freed it', async () => {
    const clock = new FakeClock();
    let free = 100 * MiB;
    const floor = new DiskFloor(() => ({ free, total: 200 * MiB }), clock);
    floor.take(1000);
    free = MiB;
    await clock.advance(1001);
    expect(floor.take(1000)).toBeGreaterThan(0);
    free = 100 * MiB;
    await clock.advance(1001);
    expect(floor.take(1000)).toBe(0);
  });

  it('asks the file system seldom', () => {
    let asked = 0;
    const floor = new DiskFloor(() => ({ free: ++asked * 100 * MiB, total: 200 * MiB }), new FakeClock());
    for (let request = 0; request < 1000; request++) floor.take(200);
    expect(asked).toBe(1);
  });
});
