import { openDatabase, silentLogger } from '@gateway-engine/host';
import { FakeClock } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { type Bounds, unbounded } from '../../src/store/bounds.ts';
import { keepTidy } from '../../src/store/keep-tidy.ts';
import { QueueStore } from '../../src/store/queue-store.ts';
import { migrations } from '../../src/store/schema.ts';

it('gives up thousands of points that are too old, by and by, and looks seldom when none ever is', async () => {
  const clock = new FakeClock();
  let bounds: Bounds = { ...unbounded, timeToLiveMs: 10_000 };
  const store = new QueueStore(openDatabase(':memory:', migrations), { clock, bounds: () => bounds });
  let looks = 0;
  const tidied = {
    tidy: () => {
      looks++;
      return store.tidy();
    },
  };
  const tidying = keepTidy(tidied, { clock, logger: silentLogger, bounds: () => bounds });
  const points = Array.from({ length: 12_000 }, (_, at) => ({ alias: 'a', at, value: '' }));
  await store.accept({ cik: 'a'.repeat(40) }, points, 0);
  await clock.advance(14_000);
  expect(store.waitingOf(1).waiting).toBe(12_000);
  for (let step = 0; step < 10; step++) await clock.advance(1000);
  expect(store.waitingOf(1).waiting).toBe(0);
  bounds = unbounded;
  await clock.advance(60_000);
  looks = 0;
  await clock.advance(600_000);
  expect(looks).toBe(10);
  tidying.stop();
  expect(clock.waiting).toBe(0);
  store.close();
});
