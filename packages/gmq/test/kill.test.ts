import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { readStatus } from '../src/status.ts';
import { GmqProcess } from './support/gmq-process.ts';
import { type Mood, TestPlatform } from './support/test-platform.ts';

const rounds = 20;
const programs = 8;
const key = 'a'.repeat(40);
const moods: Mood[] = ['normal', 500, 'cut', 'normal', 'slow'];

/** Records without pause until the connection breaks; every point has a second of its own. */
async function program(gmq: GmqProcess, number: number, next: () => number, acknowledged: Set<number>) {
  for (;;) {
    const at = next();
    const live = at % 3 === 0;
    try {
      const body = `alias=p${number}&${at}=${at}`;
      const status = live
        ? await gmq.record(key, body)
        : await gmq.record(key, `${body}&alias=q&${at}=${at}`);
      if (status === 204) acknowledged.add(at);
      // Some kick the uploader, so that kills meet uploads too.
      if (live) await gmq.write(key, 'kick=1');
    } catch {
      // The process is gone, or its answer is: not acknowledged.
      return;
    }
  }
}

it(`nothing that was acknowledged is lost over ${rounds} kills under load`, { timeout: 90_000 }, async () => {
  await using folder = await temporaryFolder();
  await using platform = await TestPlatform.start();
  const acknowledged = Array.from({ length: programs }, () => new Set<number>());
  let last = 1_000_000_000;
  const next = () => ++last;
  await using gmq = await GmqProcess.start(folder.path, platform.url, { batch_record_period: '0.1' });
  for (let round = 0; round < rounds; round++) {
    platform.mood = moods[round % moods.length] ?? 'normal';
    const load = acknowledged.map((set, number) => program(gmq, number, next, set));
    await sleep(50 + Math.random() * 250);
    await gmq.end('SIGKILL');
    await Promise.all(load);
    if (round === rounds - 1) platform.mood = 'normal';
    await gmq.start();
  }
  const file = join(folder.path, 'var', 'gmq.db');
  await waitUntil('the queue to drain', () => readStatus(file).waiting === 0, { timeoutMs: 30_000 });
  const missing = acknowledged.flatMap((set, number) =>
    [...set].filter((at) => platform.value(key, `p${number}`, at) !== String(at)),
  );
  expect(missing).toEqual([]);
  expect(acknowledged.every((set) => set.size > rounds)).toBe(true);
  expect(readStatus(file)).toMatchObject({ deadLetters: 0, dropped: 0, expired: 0, corruptedFiles: [] });
});
