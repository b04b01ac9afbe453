import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chance, pick, smoothNoise } from '../../seed/chance.ts';
import { Pace } from '../../seed/pace.ts';

test('requests go out evenly, so many a second at most, and those of an idle time are not made up for', async () => {
  const clock = new FakeClock();
  const pace = new Pace(10, clock);
  const at: number[] = [];
  const ask = async () => {
    await pace.turn();
    at.push(clock.monotonic());
  };
  const first = [ask(), ask(), ask()];
  await clock.advance(1000);
  await Promise.all([...first, ask(), ask()].slice(0, 4));
  await clock.advance(100);
  expect(at).toEqual([0, 100, 200, 1000, 1100]);
});

test('who is told to end goes no further', async () => {
  const pace = new Pace(1, new FakeClock());
  const end = new AbortController();
  await pace.turn(end.signal);
  const next = pace.turn(end.signal);
  end.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  await expect(pace.turn(end.signal)).rejects.toThrow('enough');
});

test('chance, picks and noise stay within their bounds, and noise makes no jumps', () => {
  const series = fc.string();
  fc.assert(
    fc.property(series, fc.integer({ min: 0, max: 2 ** 31 }), (name, ts) => {
      expect(chance(name, ts)).toBeGreaterThanOrEqual(0);
      expect(chance(name, ts)).toBeLessThan(1);
      expect(['a', 'b']).toContain(
        pick(
          [
            ['a', 1],
            ['b', 2],
          ],
          chance(name, ts),
        ),
      );
      const [now, next] = [smoothNoise(name, ts, 900), smoothNoise(name, ts + 1, 900)];
      expect(Math.abs(now)).toBeLessThanOrEqual(1);
      expect(Math.abs(next - now)).toBeLessThan(0.01);
    }),
  );
});

test('words that differ in their end alone are far apart', () => {
  const numbers = Array.from({ length: 4000 }, (_, index) => chance('fleet', index));
  const tenths = Array.from({ length: 10 }, (_, tenth) =>
    numbers.filter((each) => Math.floor(each * 10) === tenth),
  );
  for (const each of tenths) {
    expect(each.length).toBeGreaterThan(300);
    expect(each.length).toBeLessThan(500);
  }
});
