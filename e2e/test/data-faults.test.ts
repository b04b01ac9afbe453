import { expect, test } from 'vitest';
import { clockFault } from '../src/faults/clock.ts';
import { corruptionFault } from '../src/faults/corruption.ts';
import { nothingWrong } from '../src/faults/fault.ts';
import { fullDiskFault } from '../src/faults/full-disk.ts';
import { fuzzFault } from '../src/faults/fuzz.ts';
import { outageFault } from '../src/faults/outages.ts';

const long = { timeout: 400_000 };

test(
  'a platform that is gone, answers errors, half answers or none: nothing is lost, nothing comes twice',
  long,
  async () => {
    const report = await outageFault({ rounds: 1, seed: 1 });
    expect(report).toMatchObject(nothingWrong);
    expect(report.acknowledged).toBeGreaterThan(100);
  },
);

test(
  'a clock that starts in 1970 and jumps both ways: nothing is lost, nothing comes twice',
  long,
  async () => {
    const report = await clockFault({ rounds: 10, seed: 1 });
    expect(report).toMatchObject(nothingWrong);
    expect(report.acknowledged).toBeGreaterThan(100);
  },
);

test(
  'a full disk: what was taken arrives, the rest is refused, and the queue starts on it',
  long,
  async () => {
    // Only root may mount a disk of its own.
    if (process.getuid?.() !== 0) return;
    const report = await fullDiskFault({ rounds: 1, seed: 1 });
    expect(report).toMatchObject(nothingWrong);
    expect(report.refused).toBeGreaterThan(50);
  },
);

test('10,000 malformed requests: good ones are served throughout, by the same process', long, async () => {
  const report = await fuzzFault({ rounds: 10_000, seed: 1 });
  expect(report).toMatchObject(nothingWrong);
  expect(report.survived).toBe(true);
  expect(report.answers).not.toHaveProperty('500');
  expect(report.answers).not.toHaveProperty('silence');
  expect(report.gainedMiB).toBeLessThan(200);
});

test(
  'a corrupted database: it is set aside and reported, and everything taken after it arrives',
  long,
  async () => {
    const report = await corruptionFault({ rounds: 2, seed: 1 });
    expect(report).toMatchObject(nothingWrong);
    expect(report.setAsideFiles).toBeGreaterThan(0);
  },
);
