import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GuessingBrake, type GuessingLimits, passwordGuessing } from '../../src/admin/guessing-brake.ts';

test('a guesser with endless time gets about one guess a minute, whatever the pace of trying', async () => {
  const day = 24 * 3600 * 1000;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1_000, max: 300_000 }), async (pace) => {
      const clock = new FakeClock();
      const brake = new GuessingBrake(clock, passwordGuessing);
      let guesses = 0;
      for (let time = 0; time < day; time += pace) {
        if (brake.attempt('guesser') === 0) guesses++;
        await clockTo(clock, pace);
      }
      expect(guesses).toBeLessThan(24 * 60 + 20);
    }),
    { numRuns: 3 },
  );
});

test('who has been quiet for a quarter of an hour starts anew', async () => {
  const clock = new FakeClock();
  const brake = new GuessingBrake(clock, passwordGuessing);
  for (let guess = 0; guess < 5; guess++) expect(brake.attempt('a')).toBe(0);
  expect(brake.attempt('a')).toBe(1000);
  await clockTo(clock, passwordGuessing.forgetMs);
  for (let guess = 0; guess < 5; guess++) expect(brake.attempt('a')).toBe(0);
});

test('callers do not slow each other down', () => {
  const brake = new GuessingBrake(new FakeClock(), passwordGuessing);
  for (let guess = 0; guess < 9; guess++) brake.attempt('a');
  expect(brake.attempt('b')).toBe(0);
});

test('memory is bounded: the caller that was quiet longest is forgotten first', () => {
  const limits: GuessingLimits = { ...passwordGuessing, freeFailures: 1, remembered: 3 };
  const brake = new GuessingBrake(new FakeClock(), limits);
  for (const caller of ['a', 'b', 'c', 'd']) brake.attempt(caller);
  expect(brake.size).toBe(3);
  expect(brake.attempt('d')).toBeGreaterThan(0);
  expect(brake.attempt('a')).toBe(0);
});

async function clockTo(clock: FakeClock, ms: number): Promise<void> {
  await clock.advance(ms);
}
