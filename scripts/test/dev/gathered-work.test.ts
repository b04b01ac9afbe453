import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatheredWork } from '../../dev/gathered-work.ts';

test('everything asked for is done once, in order, and never two things at a time', async () => {
  const asked = fc.array(fc.tuple(fc.array(fc.integer(), { maxLength: 4 }), fc.integer({ min: 0, max: 2 })));
  await fc.assert(
    fc.asyncProperty(asked, async (batches) => {
      const done: number[] = [];
      let atWork = 0;
      const work = new GatheredWork<number>(async (all) => {
        expect(++atWork).toBe(1);
        await Promise.resolve();
        done.push(...all);
        atWork -= 1;
      });
      for (const [things, pauses] of batches) {
        work.ask(things);
        for (let pause = 0; pause < pauses; pause++) await Promise.resolve();
      }
      await sleep(0);
      expect(done).toEqual(batches.flatMap(([things]) => things));
    }),
  );
});

test('what is asked for during the work is done together afterwards', async () => {
  const turns: number[][] = [];
  const first = Promise.withResolvers<void>();
  const work = new GatheredWork<number>(async (all) => {
    turns.push([...all]);
    if (turns.length === 1) await first.promise;
  });
  work.ask([1]);
  work.ask([2]);
  work.ask([3, 4]);
  first.resolve();
  await sleep(0);
  expect(turns).toEqual([[1], [2, 3, 4]]);
});

test('stopped, it ends what it is at and begins nothing more', async () => {
  const turns: number[][] = [];
  const first = Promise.withResolvers<void>();
  const work = new GatheredWork<number>(async (all) => {
    turns.push([...all]);
    await first.promise;
  });
  work.ask([1]);
  work.ask([2]);
  const stopped = work.stop();
  first.resolve();
  await stopped;
  expect(turns).toEqual([[1]]);
});
