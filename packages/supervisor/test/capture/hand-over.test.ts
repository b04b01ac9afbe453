import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandOver, handOverSizes, type NamedPipe, recoverHandOver } from '../../src/capture/hand-over.ts';
import { type KernelCalls, loadKernelCalls } from '../../src/capture/kernel-calls.ts';
import { RotatedLog } from '../../src/capture/rotated-log.ts';

const kernel = loadKernelCalls() as KernelCalls;
const pipeBytes = 256 * 1024;
const smallest = handOverSizes.at(-1) as number;

interface Parts {
  readonly folder: string;
  readonly pipe: NamedPipe;
  readonly log: RotatedLog;
}

async function withPipe(work: (parts: Parts) => unknown, maxBytes = 0) {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'fifo');
  execFileSync('mkfifo', [path]);
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  kernel.setPipeSize(file, pipeBytes);
  const onTrouble = () => undefined;
  const log = new RotatedLog({ path: join(folder.path, 'log'), maxBytes, backups: 2, onTrouble });
  try {
    await work({ folder: folder.path, pipe: { path, file }, log });
  } finally {
    closeSync(file);
    log.close();
  }
}

function pass(handOver: HandOver, { pipe, log }: Parts): number {
  return handOver.pass(pipe, kernel.waiting(pipe.file), log);
}

/** As much as there is room for, as a program does that then waits. Gives the number of bytes. */
function print(pipe: NamedPipe, output: Buffer): number {
  try {
    return writeSync(pipe.file, output);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

/** As the next supervisor does: what is in the pipe goes to the log. */
function takeRest({ pipe, log }: Parts): void {
  while (log.takeFrom(pipe.file, pipeBytes, kernel) > 0);
}

/** What a program prints that numbers its lines. */
function numberedLines(bytes: number): Buffer {
  const lines: string[] = [];
  for (let number = 0, length = 0; length < bytes; number++)
    length += lines[lines.push(`line ${number}\n`) - 1]?.length ?? 0;
  return Buffer.from(lines.join('')).subarray(0, bytes);
}

class Killed extends Error {}

/** A kernel that ends it all at that step: before a call, or after it; a move to the log may get through in part. */
function killingAt(step: number, part = 0): KernelCalls {
  let calls = 0;
  const orKilled = <T>(call: () => T): T => {
    if (calls++ === step) throw new Killed();
    const result = call();
    if (calls++ === step) throw new Killed();
    return result;
  };
  return {
    ...kernel,
    share: (...args) => orKilled(() => kernel.share(...args)),
    moveTo: (...args) => orKilled(() => kernel.moveTo(...args)),
    moveToLog: (pipe, log, end, most) => {
      if (calls === step) throw new Killed();
      const isLast = calls + 1 === step;
      calls += 2;
      const count = kernel.moveToLog(pipe, log, end, isLast ? Math.max(1, part % (most + 1)) : most);
      if (isLast) throw new Killed();
      return count;
    },
  };
}
const beforeDrop = 4;
const afterDrop = 5;

test('moves what is in the pipe to the end of the log, all but the rest of a step', () =>
  withPipe((parts) => {
    const { folder, pipe, log } = parts;
    const output = numberedLines(2 * pipeBytes);
    log.write(Buffer.from('before\n'));
    const handOver = new HandOver(folder, kernel, pipeBytes);
    let logged = 0;
    for (let written = 0; written < output.length; ) {
      written += print(pipe, output.subarray(written));
      const waiting = kernel.waiting(pipe.file);
      const count = pass(handOver, parts);
      expect(count).toBeGreaterThan(waiting / 2);
      logged += count;
      expect(kernel.waiting(pipe.file)).toBe(waiting - count);
    }
    expect(pass(handOver, parts)).toBe(0);
    expect(
      readFileSync(log.path).equals(Buffer.concat([Buffer.from('before\n'), output.subarray(0, logged)])),
    ).toBe(true);
    handOver.close();
    expect(recoverHandOver(folder, kernel, pipeBytes)).toBe(0);
  }));

test('goes in steps of a prime number of bytes', () => {
  for (const [index, size] of handOverSizes.entries()) {
    expect(Math.ceil(size / 65536)).toBe(handOverSizes.length - index);
    for (let divisor = 2; divisor * divisor <= size; divisor++) expect(size % divisor).not.toBe(0);
  }
});

test('whatever the kill interrupts and whatever the program prints, each byte is in the log once', () =>
  withPipe(async (parts) => {
    const { folder, pipe, log } = parts;
    const steps = new Set<string>();
    const numbered = numberedLines(1024 * 1024);
    const repeated = fc
      .string({ unit: fc.constantFrom('a', '\n'), minLength: 2, maxLength: 300 })
      .filter((text) => new Set(text).size > 1);
    await fc.assert(
      fc.property(
        fc.option(repeated, { nil: undefined }),
        fc.nat(100),
        fc.array(fc.integer({ min: Math.floor(smallest / 2), max: pipeBytes }), {
          minLength: 2,
          maxLength: 3,
        }),
        fc.nat(7),
        fc.nat(),
        (text, before, chunks, step, part) => {
          const output = text === undefined ? numbered : Buffer.alloc(numbered.length, text);
          log.clear();
          log.write(output.subarray(0, before));
          let at = before;
          let wasKilled = false;
          const handOver = new HandOver(folder, killingAt(step, part), pipeBytes);
          for (const bytes of chunks) {
            // Also after the kill: the program goes on until its pipe is full.
            at += print(pipe, output.subarray(at, at + bytes));
            try {
              if (!wasKilled) pass(handOver, parts);
            } catch (error) {
              if (!(error instanceof Killed)) throw error;
              wasKilled = true;
              steps.add(`${step} ${text === undefined ? 'numbered' : 'repeated'}`);
            }
          }
          recoverHandOver(folder, kernel, pipeBytes);
          takeRest(parts);
          handOver.close();
          expect(readFileSync(log.path).equals(output.subarray(0, at))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    expect(steps.size).toBeGreaterThan(8);
  }));

test('a kill right after the drop is told from one before it, also when lines repeat', () =>
  withPipe((parts) => {
    const { folder, pipe, log } = parts;
    for (const [step, missing] of [
      [beforeDrop, smallest],
      [afterDrop, 0],
    ] as const) {
      log.clear();
      const lines = Buffer.alloc(3 * smallest, 'y\n');
      writeSync(pipe.file, lines, 0, smallest);
      const handOver = new HandOver(folder, killingAt(step), pipeBytes);
      expect(() => pass(handOver, parts)).toThrow(Killed);
      writeSync(pipe.file, lines, smallest, 2 * smallest);
      expect(recoverHandOver(folder, kernel, pipeBytes)).toBe(missing);
      takeRest(parts);
      expect(readFileSync(log.path).equals(lines)).toBe(true);
      handOver.close();
    }
  }));

test('of one byte that repeats for ever, one step at most is missing', () =>
  withPipe((parts) => {
    const { folder, pipe, log } = parts;
    const output = Buffer.alloc(3 * smallest, '\n');
    writeSync(pipe.file, output, 0, smallest);
    const handOver = new HandOver(folder, killingAt(afterDrop), pipeBytes);
    expect(() => pass(handOver, parts)).toThrow(Killed);
    writeSync(pipe.file, output, smallest, 2 * smallest);
    expect(recoverHandOver(folder, kernel, pipeBytes)).toBe(smallest);
    takeRest(parts);
    expect(readFileSync(log.path).length).toBe(output.length - smallest);
    handOver.close();
  }));

/** What is in the log already, and in the pipe still. */
function killBeforeDrop(parts: Parts): { output: Buffer; handOver: HandOver } {
  const output = numberedLines(smallest);
  writeSync(parts.pipe.file, output);
  const handOver = new HandOver(parts.folder, killingAt(beforeDrop), pipeBytes);
  expect(() => pass(handOver, parts)).toThrow(Killed);
  return { output, handOver };
}

test('a kill while the log is set aside repeats nothing', () =>
  withPipe((parts) => {
    const { folder, log } = parts;
    const { output, handOver } = killBeforeDrop(parts);
    expect(readFileSync(`${log.path}.1`).equals(output)).toBe(true);
    expect(recoverHandOver(folder, kernel, pipeBytes)).toBe(output.length);
    takeRest(parts);
    expect(readFileSync(log.path, 'utf8')).toBe('');
    handOver.close();
  }, 100));

test('what another process appends after the kill does not count', () =>
  withPipe((parts) => {
    const { folder, pipe, log } = parts;
    const { output, handOver } = killBeforeDrop(parts);
    log.write(Buffer.from('by another process\n'));
    expect(recoverHandOver(folder, kernel, pipeBytes)).toBe(output.length);
    expect(kernel.waiting(pipe.file)).toBe(0);
    handOver.close();
  }));

test('a log that takes nothing, or a part, leaves the rest in the pipe', () =>
  withPipe((parts) => {
    const { folder, pipe, log } = parts;
    let room = 0;
    const handOver = new HandOver(
      folder,
      { ...kernel, moveToLog: (from, to, end) => (room === 0 ? 0 : kernel.moveToLog(from, to, end, room)) },
      pipeBytes,
    );
    const output = numberedLines(smallest);
    writeSync(pipe.file, output);
    expect(pass(handOver, parts)).toBe(0);
    expect(kernel.waiting(pipe.file)).toBe(output.length);
    room = 5000;
    expect(pass(handOver, parts)).toBe(room);
    takeRest(parts);
    expect(readFileSync(log.path).equals(output)).toBe(true);
    handOver.close();
  }));

test.each([
  ['nothing', undefined],
  ['half a note', '{"pipe":'],
  [
    'a log that is gone',
    `${JSON.stringify({ pipe: '/nowhere', log: { path: '/nowhere', inode: 1, size: 0 }, bytes: 1 })}\n`,
  ],
])('recovers from %s', async (_, note) => {
  await using folder = await temporaryFolder();
  if (note !== undefined) writeFileSync(join(folder.path, 'hand-over'), note);
  expect(recoverHandOver(folder.path, kernel, pipeBytes)).toBe(0);
});

test('a pipe that is gone has nothing to be dropped', () =>
  withPipe((parts) => {
    const { folder, pipe } = parts;
    const { handOver } = killBeforeDrop(parts);
    rmSync(pipe.path);
    expect(recoverHandOver(folder, kernel, pipeBytes)).toBe(0);
    handOver.close();
    expect(existsSync(join(folder, 'hand-over'))).toBe(false);
  }));
