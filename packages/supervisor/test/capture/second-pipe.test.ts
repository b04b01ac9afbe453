import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock, SmallDisk, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KernelCalls, loadKernelCalls } from '../../src/capture/kernel-calls.ts';
import { PipeReader } from '../../src/capture/pipe-reader.ts';
import { RotatedLog } from '../../src/capture/rotated-log.ts';
import { SecondPipe } from '../../src/capture/second-pipe.ts';
import { processesWith } from '../support/processes.ts';

const kernel = loadKernelCalls() as KernelCalls;
const onTrouble = (trouble: unknown) => {
  throw trouble;
};

/** A supervisor's part of the capture, in a folder that outlives it, and what it has of two programs. */
function capture(folder: string, calls: KernelCalls, clock = new FakeClock()) {
  const second = new SecondPipe(folder, calls, { clock, onTrouble });
  const reader = new PipeReader(folder, calls, onTrouble, second);
  const programs = ['a', 'b'].map((name) => {
    const path = join(folder, name);
    if (!existsSync(path)) kernel.makeFifo(path);
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    kernel.setPipeSize(pipe, 1024 * 1024);
    const log = new RotatedLog({ path: `${path}.log`, maxBytes: 500_000, backups: 1000, onTrouble });
    const sink = { plainLog: log, position: () => log.position(), write: (b: Uint8Array) => log.write(b) };
    return { pipe, log, sink };
  });
  const closePrograms = () => {
    for (const { pipe, log } of programs) {
      log.close();
      closeSync(pipe);
    }
  };
  return {
    second,
    reader,
    programs,
    take: (which: number) => {
      const { pipe, sink } = programs[which] as (typeof programs)[number];
      while (reader.take(pipe, sink) > 0);
    },
    /** What a kill leaves of it: the keeper. */
    die: () => {
      closeSync(second.pipe);
      closePrograms();
    },
    end: () => {
      reader.close();
      closePrograms();
    },
  };
}

/** The programs, which hold their pipes open whoever dies. */
function writers(folder: string) {
  const pipes = ['a', 'b'].map((name) => {
    kernel.makeFifo(join(folder, name));
    return openSync(join(folder, name), constants.O_RDWR | constants.O_NONBLOCK);
  });
  const written = ['', ''];
  return {
    write: (which: number, length: number) => {
      const text = `${written[which]?.length} `.repeat(length).slice(0, length);
      writeSync(pipes[which] as number, text);
      written[which] += text;
    },
    areLogged: () => ['a', 'b'].every((name, which) => logged(join(folder, name)) === written[which]),
    [Symbol.dispose]: () => {
      for (const pipe of pipes) closeSync(pipe);
    },
  };
}

function logged(path: string): string {
  const parts = [`${path}.log`];
  while (existsSync(`${path}.log.${parts.length}`)) parts.unshift(`${path}.log.${parts.length}`);
  return parts.map((part) => (existsSync(part) ? readFileSync(part, 'latin1') : '')).join('');
}

const keepers = (folder: string) => processesWith(`keeper of ${folder}`);
const noKeeper = (folder: string) => waitUntil('its end', () => keepers(folder).length === 0);

class Killed extends Error {}

type How = 'before' | 'after' | 'within' | 'refused';

/** Kills before, after or in the middle of the move with that number; or the kernel does not make it. */
function troubledAt(number: number, how: How, part: number): KernelCalls {
  let moves = 0;
  const step = (move: (most: number) => number, most: number) => {
    moves += 1;
    if (moves !== number) return move(most);
    if (how === 'refused') return 0;
    if (how === 'within') move(part);
    if (how === 'after') move(most);
    throw new Killed();
  };
  return {
    ...kernel,
    moveToPipe: (from, to, most) => step((count) => kernel.moveToPipe(from, to, count), most),
    moveToLog: (pipe, log, end, most) => step((count) => kernel.moveToLog(pipe, log, end, count), most),
  };
}

test('at whatever step a kill comes, each byte of two programs is once in the log of its own', async () => {
  await using folder = await temporaryFolder();
  using programs = writers(folder.path);
  let recovered = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(100, 70_000, 300_000)), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom<How>('before', 'after', 'within', 'refused'),
      fc.integer({ min: 1, max: 60_000 }),
      (chunks, number, how, part) => {
        const first = capture(folder.path, troubledAt(number, how, part));
        try {
          for (const [which, length] of chunks) {
            programs.write(which, length);
            first.take(which);
          }
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
        first.die();
        const next = capture(folder.path, kernel);
        recovered += next.reader.recover(onTrouble);
        for (const which of [0, 1]) next.take(which);
        next.die();
        expect(programs.areLogged()).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
  expect(recovered).toBeGreaterThan(0);
  const last = capture(folder.path, kernel);
  last.reader.recover(onTrouble);
  last.end();
  await noKeeper(folder.path);
});

test('there is a keeper from the first busy program on until none was busy for a minute', async () => {
  await using folder = await temporaryFolder();
  using programs = writers(folder.path);
  const clock = new FakeClock();
  const { take, end } = capture(folder.path, kernel, clock);
  programs.write(0, 100_000);
  take(0);
  expect(keepers(folder.path)).toHaveLength(0);
  programs.write(0, 200_000);
  take(0);
  expect(keepers(folder.path)).toHaveLength(1);
  await clock.advance(50_000);
  programs.write(1, 100_000);
  take(1);
  await clock.advance(50_000);
  expect(keepers(folder.path)).toHaveLength(1);
  await clock.advance(10_000);
  await noKeeper(folder.path);
  programs.write(0, 200_000);
  take(0);
  expect(keepers(folder.path)).toHaveLength(1);
  end();
  await noKeeper(folder.path);
  expect(clock.waiting).toBe(0);
  expect(programs.areLogged()).toBe(true);
});

test('a keeper that is killed costs no output, and is replaced after a while', async () => {
  await using folder = await temporaryFolder();
  using programs = writers(folder.path);
  const clock = new FakeClock();
  const { take, end, second, programs: taken } = capture(folder.path, kernel, clock);
  const fill = () => second.fill(taken[0]?.pipe as number, 300_000, taken[0]?.log as RotatedLog);
  programs.write(0, 300_000);
  take(0);
  process.kill(keepers(folder.path)[0] as number, 'SIGKILL');
  await noKeeper(folder.path);
  programs.write(0, 300_000);
  expect(fill()).toBe(0);
  take(0);
  expect(keepers(folder.path)).toHaveLength(0);
  await clock.advance(60_000);
  programs.write(0, 300_000);
  take(0);
  expect(keepers(folder.path)).toHaveLength(1);
  end();
  await noKeeper(folder.path);
  expect(programs.areLogged()).toBe(true);
});

test.runIf(process.getuid?.() === 0)(
  'on a full disk what is in the second pipe is dropped like all output, and nothing stays in it',
  async () => {
    await using disk = await SmallDisk.mount(4);
    await using folder = await temporaryFolder();
    using programs = writers(folder.path);
    const { take, end, second, programs: taken } = capture(folder.path, kernel);
    const { pipe } = taken[0] as (typeof taken)[number];
    const troubles: string[] = [];
    const log = new RotatedLog({
      path: join(disk.path, 'log'),
      maxBytes: 0,
      backups: 0,
      onTrouble: (trouble) => troubles.push(trouble),
    });
    Object.assign(taken[0]?.sink ?? {}, { plainLog: log, position: () => log.position() });
    Object.assign(taken[0]?.sink ?? {}, { write: (bytes: Uint8Array) => log.write(bytes) });
    programs.write(0, 300_000);
    take(0);
    disk.fill();
    for (let round = 0; round < 3; round++) {
      programs.write(0, 300_000);
      take(0);
      expect([kernel.waiting(pipe), kernel.waiting(second.pipe)]).toEqual([0, 0]);
    }
    expect(troubles).toEqual([expect.stringContaining('output is dropped')]);
    disk.free();
    programs.write(0, 300_000);
    take(0);
    expect(troubles).toHaveLength(2);
    const size = readFileSync(log.path).length;
    programs.write(0, 300_000);
    take(0);
    expect(readFileSync(log.path)).toHaveLength(size + 300_000);
    log.close();
    end();
  },
);
