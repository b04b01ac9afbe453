import { expect, test } from 'vitest';
import { Gate } from '../../src/admin/gate.ts';

test('never more inside than the gate is wide, and everyone who waited gets through', async () => {
  const gate = new Gate(2, 100);
  let inside = 0;
  let most = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      gate.pass(async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        return number;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(results.map((passed) => passed?.result)).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

test('who comes when the queue is full is turned away, and the work is not run', async () => {
  const gate = new Gate(1, 1);
  const open = Promise.withResolvers<void>();
  const first = gate.pass(() => open.promise);
  const second = gate.pass(async () => 'second');
  expect(await gate.pass(async () => 'third')).toBeUndefined();
  open.resolve();
  await first;
  expect(await second).toEqual({ result: 'second' });
});

test('a failure inside makes room for the next', async () => {
  const gate = new Gate(1, 1);
  await expect(gate.pass(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await gate.pass(async () => 'next')).toEqual({ result: 'next' });
});
