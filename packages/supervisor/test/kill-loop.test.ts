import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { floods, killInFlood } from './support/kill-flood.ts';
import { killAgainAndAgain } from './support/kill-loop.ts';

// Two at a time, since half of the time a supervisor waits for its kill.
test.concurrent.each([1, 2])(
  'killed again and again with chatty programs: none is started again, no orphan is left, no line is lost or repeated (%i)',
  { timeout: 600_000 },
  async () => {
    await using folder = await temporaryFolder();
    const report = await killAgainAndAgain({
      folder: folder.path,
      command: [process.execPath, fileURLToPath(new URL('../src/main.ts', import.meta.url))],
      kills: 100,
      pauseMs: 20,
      random: Math.random,
    });
    expect(report).toMatchObject({
      restartedPrograms: 0,
      orphans: 0,
      lostLines: 0,
      repeatedLines: 0,
    });
    expect(report.kills).toBeGreaterThanOrEqual(100);
    expect(report.lines).toBeGreaterThan(10_000);
  },
);

test.each(Object.entries(floods))(
  'killed while it takes what a program prints as fast as it can (%s lines): the log is that, byte for byte',
  { timeout: 600_000 },
  async (_, flood) => {
    await using folder = await temporaryFolder();
    const report = await killInFlood({
      folder: folder.path,
      command: [process.execPath, fileURLToPath(new URL('../src/main.ts', import.meta.url))],
      kills: 20,
      flood,
      random: Math.random,
    });
    expect(report.difference).toBeUndefined();
    expect(report.killsInHandOver).toBeGreaterThan(2);
  },
);
