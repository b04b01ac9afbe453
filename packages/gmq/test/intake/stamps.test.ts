import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stamps } from '../../src/intake/stamps.ts';

const today = 1_790_000_000;
const rare = ['restart', 'tomorrow', 'years ahead', 'back'] as const;

describe('seconds of writes', () => {
  it('are those of the clock, and the same within a second', async () => {
    const clock = new FakeClock(today * 1000);
    const stamps = new Stamps(clock, []);
    expect([stamps.next('a'), stamps.next('a'), stamps.next('b')]).toEqual([today, today, today]);
    await clock.advance(1000);
    expect(stamps.next('a')).toBe(today + 1);
  });

  it('go on after a clock that was set back, and meet it again when it has caught up', async () => {
    const clock = new FakeClock(today * 1000);
    const stamps = new Stamps(clock, []);
    stamps.next('a');
    clock.setWall((today - 20) * 1000);
    const given: number[] = [];
    for (let write = 0; write < 5; write++) {
      await clock.advance(10_000);
      given.push(stamps.next('a') - today);
    }
    expect(given).toEqual([1, 2, 10, 20, 30]);
  });

  it('go on from the last known one while the clock was never set, also after a restart', async () => {
    const clock = new FakeClock(5_000);
    const stamps = new Stamps(clock, [today]);
    expect(stamps.next('a')).toBe(today + 1);
    await clock.advance(60_000);
    expect(stamps.next('a')).toBe(today + 61);
    const restarted = new Stamps(new FakeClock(5_000), stamps.memory);
    expect(restarted.next('a')).toBe(today + 62);
    clock.setWall((today + 1000) * 1000);
    expect(stamps.next('a')).toBe(today + 1000);
  });

  it('without any known one they are those of 1970', () => {
    expect(new Stamps(new FakeClock(5_000), []).next('a')).toBe(5);
  });

  it('follow a clock that was years ahead by mistake', () => {
    const clock = new FakeClock((today + 1e8) * 1000);
    const stamps = new Stamps(clock, []);
    stamps.next('a');
    clock.setWall(today * 1000);
    expect(stamps.next('a')).toBe(today);
  });

  it('never come twice for writes of one alias more than a second apart, however the clock jumps, over restarts', async () => {
    const step = fc.record({
      pauseMs: fc.integer({ min: 1000, max: 20_000 }),
      series: fc.constantFrom('a', 'b', 'c'),
      event: fc.oneof(
        { weight: 3, arbitrary: fc.constant('none' as const) },
        { weight: 1, arbitrary: fc.constantFrom(...rare) },
        { weight: 1, arbitrary: fc.constant('never set' as const) },
        { weight: 2, arbitrary: fc.integer({ min: -2000, max: 2000 }) },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new FakeClock(today * 1000);
        let stamps = new Stamps(clock, []);
        const given = new Set<string>();
        for (const { pauseMs, series, event } of steps) {
          await clock.advance(pauseMs);
          if (event === 'restart') stamps = new Stamps(clock, stamps.memory);
          else if (event === 'never set') clock.setWall(1_000);
          else if (event === 'tomorrow') clock.setWall(clock.now() + 90_000_000);
          else if (event === 'years ahead') clock.setWall(clock.now() + 1e11);
          else if (event === 'back') clock.setWall(today * 1000);
          else if (event !== 'none') {
            const near = Math.max(clock.now() / 1000, stamps.memory[0] ?? 0);
            clock.setWall((near + event) * 1000);
          }
          const stamp = `${series} ${stamps.next(series)}`;
          expect(given.has(stamp)).toBe(false);
          given.add(stamp);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('of one alias never go back, and are ahead of the clock by no more than it was set back, until it catches up', async () => {
    const step = fc.record({
      // Writes may come in the same second, too.
      pauseMs: fc.integer({ min: 0, max: 5_000 }),
      series: fc.constantFrom('a', 'b', 'c'),
      event: fc.oneof(
        { weight: 5, arbitrary: fc.constant('none' as const) },
        { weight: 1, arbitrary: fc.constant('restart' as const) },
        { weight: 2, arbitrary: fc.integer({ min: -2000, max: 2000 }) },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new FakeClock(today * 1000);
        const now = () => Math.floor(clock.now() / 1000);
        let stamps = new Stamps(clock, []);
        const last = new Map<string, number>();
        let allowed = 1;
        for (const { pauseMs, series, event } of steps) {
          await clock.advance(pauseMs);
          if (event === 'restart') {
            stamps = new Stamps(clock, stamps.memory);
            allowed++;
          } else if (event !== 'none') {
            clock.setWall(clock.now() + event * 1000);
            allowed += Math.max(0, -event);
          }
          const second = stamps.next(series);
          expect(second).toBeGreaterThanOrEqual(Math.max(now(), last.get(series) ?? 0));
          expect(second - now()).toBeLessThanOrEqual(allowed);
          last.set(series, second);
        }
        await clock.advance((allowed + 1) * 1000);
        for (const series of last.keys()) expect(stamps.next(series)).toBe(now());
      }),
      { numRuns: 300 },
    );
  });
});
