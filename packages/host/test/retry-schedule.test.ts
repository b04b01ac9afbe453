import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RetrySchedule, retryDelays } from '../src/index.ts';

function first(count: number, schedule: RetrySchedule, random?: () => number): number[] {
  const delays = retryDelays(schedule, random);
  return Array.from({ length: count }, () => delays.next().value ?? Number.NaN);
}

test('delays grow by the factor up to the maximum', () => {
  const schedule = { initialMs: 100, factor: 3, maximumMs: 1000, jitter: 0 };
  expect(first(5, schedule)).toEqual([100, 300, 900, 1000, 1000]);
});

test('jitter takes away a random share', () => {
  const schedule = { initialMs: 100, factor: 1, maximumMs: 100, jitter: 0.5 };
  const numbers = [0, 0.5, 0.999];
  expect(first(3, schedule, () => numbers.shift() ?? 0)).toEqual([100, 75, 50]);
});

test('there are as many delays as attempts, or no end of them', () => {
  const schedule = { initialMs: 1, factor: 2, maximumMs: 10, jitter: 0 };
  expect([...retryDelays({ ...schedule, attempts: 3 })]).toHaveLength(3);
  expect([...retryDelays({ ...schedule, attempts: 0 })]).toHaveLength(0);
  expect(first(10_000, schedule)).toHaveLength(10_000);
});

test('every delay lies between the share that jitter leaves and the maximum', () => {
  const schedule = fc.record({
    initialMs: fc.integer({ min: 0, max: 100_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maximumMs: fc.integer({ min: 0, max: 100_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(schedule, (given) => {
      for (const delay of first(20, given)) {
        const whole = Math.min(given.initialMs, given.maximumMs) * (1 - given.jitter);
        const smallest = Math.floor(whole);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(smallest);
        expect(delay).toBeLessThanOrEqual(given.maximumMs);
      }
    }),
  );
});
