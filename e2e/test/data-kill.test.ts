import { expect, test } from 'vitest';
import { nothingWrong } from '../src/faults/fault.ts';
import { killFault } from '../src/faults/kill.ts';

const kills = 100;

test(`${kills} kills of the queue under load: nothing is lost, nothing comes twice`, {
  timeout: 400_000,
}, async () => {
  const report = await killFault({ rounds: kills, seed: 1 });
  expect(report).toMatchObject(nothingWrong);
  expect(report.acknowledged).toBeGreaterThan(10 * kills);
  expect(report.byMqtt).toBeGreaterThan(kills);
});
