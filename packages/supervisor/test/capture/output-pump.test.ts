import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputPump, type PumpedPipe } from '../../src/capture/output-pump.ts';

const kib = 1024;
const capacity = 1024 * kib;
const batch = 256 * kib;

/** A pipe with a number for what is in it. It notifies as inotify does, unless it gave so much that it stopped that. */
class Pipe implements PumpedPipe {
  readonly batchBytes = batch;
  readonly taken: number[] = [];
  readonly canTell: boolean;
  readonly #pump: OutputPump;
  #bytes = 0;
  #isWatched = true;

  constructor(pump: OutputPump, canTell = true) {
    this.#pump = pump;
    this.canTell = canTell;
  }

  get total(): number {
    return this.taken.reduce((sum, count) => sum + count, 0);
  }

  /** As much as the pipe can hold. */
  write(bytes: number): number {
    const count = Math.min(bytes, capacity - this.#bytes);
    this.#bytes += count;
    if (this.#isWatched && count > 0) this.#pump.wake(this);
    return count;
  }

  waiting(): number | undefined {
    return this.canTell ? this.#bytes : undefined;
  }

  take(): number {
    const count = this.#bytes;
    this.#bytes = 0;
    if (count > 0) this.taken.push(count);
    if (count >= 16 * kib) this.#isWatched = false;
    return count;
  }

  rest(): boolean {
    if (this.#isWatched) return true;
    this.#isWatched = true;
    return false;
  }
}

/** `onNap` is what happens while the pump blocks. */
function pumpWith(onNap: () => void = () => undefined): { clock: FakeClock; pump: OutputPump } {
  const clock = new FakeClock();
  return { clock, pump: new OutputPump(clock, onNap) };
}

test('takes a first line at once, and lets the next ones come together', async () => {
  const { clock, pump } = pumpWith();
  const pipe = new Pipe(pump);
  pipe.write(80);
  await clock.advance(0);
  expect(pipe.taken).toEqual([80]);
  for (let line = 0; line < 3; line++) {
    pipe.write(80);
    await clock.advance(1);
  }
  await clock.advance(3);
  expect(pipe.taken).toEqual([80, 240]);
});

test('sleeps when all pipes are empty', async () => {
  const { clock, pump } = pumpWith();
  const pipe = new Pipe(pump);
  pipe.write(80);
  await clock.advance(100);
  expect(clock.waiting).toBe(0);
  pipe.write(80);
  await clock.advance(0);
  expect(pipe.taken).toEqual([80, 80]);
});

test('looks once more after it has asked for notices again: what came in between has none', async () => {
  const { clock, pump } = pumpWith();
  const pipe = new Pipe(pump);
  pipe.write(64 * kib);
  await clock.advance(0);
  pipe.write(80);
  await clock.advance(100);
  expect(pipe.total).toBe(64 * kib + 80);
  expect(clock.waiting).toBe(0);
});

test('waits for batches while a program writes fast, and leaves nothing of it when it stops', async () => {
  let left = 20_000 * kib;
  const { clock, pump } = pumpWith(() => {
    left -= fast.write(Math.min(left, 200 * kib));
  });
  const fast = new Pipe(pump);
  fast.write(capacity);
  for (let ms = 0; ms < 100; ms++) await clock.advance(1);
  expect(left).toBe(0);
  expect(fast.total).toBe(capacity + 20_000 * kib);
  const small = fast.taken.filter((count) => count < batch);
  expect(small.length).toBeLessThan(fast.taken.length / 4);
  expect(clock.waiting).toBe(0);
});

test('takes what it finds while a program writes fast to a pipe that does not tell how much is in it', async () => {
  let naps = 0;
  let left = 20_000 * kib;
  const { clock, pump } = pumpWith(() => {
    naps += 1;
    left -= fast.write(Math.min(left, 200 * kib));
  });
  const fast = new Pipe(pump, false);
  fast.write(capacity);
  await clock.advance(0);
  await clock.advance(1);
  expect(naps).toBeGreaterThan(20);
  pump.close();
});

test('a line beside a program that writes as fast as it can does not wait for it to stop', async () => {
  let turns = 0;
  const { clock, pump } = pumpWith(() => void fast.write(400 * kib));
  const fast = new Pipe(pump);
  const slow = new Pipe(pump);
  fast.write(capacity);
  await clock.advance(0);
  slow.write(80);
  while (slow.total === 0 && turns < 10) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  expect(slow.taken).toEqual([80]);
  pump.close();
});

test('a turn ends, however fast programs write', async () => {
  let naps = 0;
  const { clock, pump } = pumpWith(() => {
    naps += 1;
    for (const pipe of pipes) pipe.write(capacity);
  });
  const pipes = [new Pipe(pump), new Pipe(pump)];
  for (const pipe of pipes) pipe.write(capacity);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(naps).toBeGreaterThan(0);
  expect(naps).toBeLessThan(20);
  pump.close();
  expect(clock.waiting).toBe(0);
});

test('of many full pipes a turn takes a few, and the others in the turns that follow', async () => {
  const { pump } = pumpWith();
  const pipes = Array.from({ length: 50 }, () => new Pipe(pump));
  const taken = () => pipes.reduce((sum, pipe) => sum + pipe.total, 0);
  let before = 0;
  for (let turn = 0; pipes.some((pipe) => pipe.total === 0); turn++) {
    expect(turn).toBeLessThan(20);
    for (const pipe of pipes) pipe.write(capacity);
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken() - before).toBeLessThanOrEqual(8 * capacity);
    before = taken();
  }
  pump.close();
});

test('a pipe that is removed is not touched any more', async () => {
  const { clock, pump } = pumpWith();
  const pipe = new Pipe(pump);
  pipe.write(80);
  pump.remove(pipe);
  await clock.advance(100);
  expect(pipe.taken).toEqual([]);
  expect(clock.waiting).toBe(0);
});

test('whatever is written when, all of it is taken, and then the pump sleeps', async () => {
  const write = fc.record({
    pipe: fc.nat(2),
    bytes: fc.oneof(fc.nat(200), fc.nat(capacity)),
    /** Milliseconds before it; undefined: while the pump blocks, if it does. */
    afterMs: fc.option(fc.nat(12), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 40 }), async (writes) => {
      const duringNaps: (() => void)[] = [];
      const { clock, pump } = pumpWith(() => duringNaps.shift()?.());
      const pipes = [new Pipe(pump), new Pipe(pump, false), new Pipe(pump)];
      let written = 0;
      for (const { pipe, bytes, afterMs } of writes) {
        const act = () => {
          written += pipes[pipe]?.write(bytes) ?? 0;
        };
        if (afterMs === undefined) {
          duringNaps.push(act);
          continue;
        }
        await clock.advance(afterMs);
        act();
      }
      for (let ms = 0; ms < 100; ms++) await clock.advance(1);
      expect(pipes.reduce((sum, pipe) => sum + pipe.total, 0)).toBe(written);
      expect(pipes.map((pipe) => pipe.take())).toEqual([0, 0, 0]);
      expect(clock.waiting).toBe(0);
    }),
  );
});
