import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernelCalls } from '../../src/capture/kernel-calls.ts';
import { OutputSpool, recoverOutput } from '../../src/capture/output-spool.ts';
import { PipeReader } from '../../src/capture/pipe-reader.ts';
import { RotatedLog } from '../../src/capture/rotated-log.ts';

const kernel = loadKernelCalls();
if (!kernel) throw new Error('this Node.js cannot call the C library');

async function withPipe(work: (parts: { folder: string; pipe: number; log: RotatedLog }) => unknown) {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'fifo');
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const onTrouble = () => undefined;
  const log = new RotatedLog({ path: join(folder.path, 'log'), maxBytes: 0, backups: 0, onTrouble });
  try {
    await work({ folder: folder.path, pipe, log });
  } finally {
    closeSync(pipe);
    log.close();
  }
}

class Killed extends Error {}

test('at whatever byte a kill interrupts the writing of a log, each byte is in it once', () =>
  withPipe(async ({ folder, pipe, log }) => {
    const output = fc.uint8Array({ minLength: 1, maxLength: 4096 });
    await fc.assert(
      // Few different bytes, so that the log's end often looks like what is to come.
      fc.asyncProperty(
        output,
        fc.array(fc.constantFrom(0x61, 0x0a), { minLength: 1 }),
        fc.nat(),
        (before, chunk, at) => {
          log.clear();
          log.write(before);
          const spool = new OutputSpool(folder, kernel);
          writeSync(pipe, Uint8Array.from(chunk));
          const write = (bytes: Uint8Array) => {
            log.write(bytes.subarray(0, at % (chunk.length + 1)));
            throw new Killed();
          };
          expect(() =>
            spool.pass(pipe, { write, position: () => log.position(), plainLog: undefined }),
          ).toThrow(Killed);
          spool.close();
          recoverOutput(folder);
          expect([...readFileSync(log.path)]).toEqual([...before, ...chunk]);
          // As after another kill, before anything new is read.
          return Promise.resolve();
        },
      ),
      { numRuns: 200 },
    );
  }));

test('what was written before its log was rotated is not written again', () =>
  withPipe(({ folder, pipe, log }) => {
    const spool = new OutputSpool(folder, kernel);
    writeSync(pipe, 'line\n');
    const write = (bytes: Uint8Array) => {
      log.write(bytes);
      log.close();
      renameSync(log.path, `${log.path}.1`);
      writeFileSync(log.path, '');
      throw new Killed();
    };
    expect(() => spool.pass(pipe, { write, position: () => log.position(), plainLog: undefined })).toThrow(
      Killed,
    );
    spool.close();
    expect(recoverOutput(folder)).toBe(0);
    expect([readFileSync(`${log.path}.1`, 'utf8'), readFileSync(log.path, 'utf8')]).toEqual(['line\n', '']);
  }));

test('what nobody keeps is not kept by a kill', () =>
  withPipe(({ folder, pipe }) => {
    const spool = new OutputSpool(folder, kernel);
    writeSync(pipe, 'line\n');
    const write = () => {
      throw new Killed();
    };
    expect(() => spool.pass(pipe, { write, position: () => undefined, plainLog: undefined })).toThrow(Killed);
    spool.close();
    expect(recoverOutput(folder)).toBe(0);
  }));

test.each([
  ['by the kernel alone', kernel, true],
  ['by way of the spool', kernel, false],
  ['directly, where the C library cannot be called', undefined, true],
])('output is read in order and in full: %s', (_, calls, isPlain) =>
  withPipe(({ folder, pipe, log }) => {
    const troubles: unknown[] = [];
    const reader = new PipeReader(folder, calls, (error) => troubles.push(error));
    expect(reader.isSafe).toBe(calls !== undefined);
    const sink = {
      write: (bytes: Uint8Array) => log.write(bytes),
      position: () => log.position(),
      plainLog: isPlain ? log : undefined,
    };
    const chunk = 'x'.repeat(40_000);
    writeSync(pipe, chunk);
    expect(reader.take({ path: join(folder, 'fifo'), file: pipe }, sink)).toBe(chunk.length);
    writeSync(pipe, 'end');
    expect(reader.take({ path: join(folder, 'fifo'), file: pipe }, sink)).toBe(3);
    expect(reader.take({ path: join(folder, 'fifo'), file: pipe }, sink)).toBe(0);
    reader.close();
    expect(readFileSync(log.path, 'utf8')).toBe(`${chunk}end`);
    expect(recoverOutput(folder)).toBe(0);
    expect(troubles).toEqual([]);
  }),
);

test('a log that the kernel writes is rotated like any other, and appended to where it was cut', () =>
  withPipe(({ folder, pipe }) => {
    const path = join(folder, 'short');
    const onTrouble = () => undefined;
    const log = new RotatedLog({ path, maxBytes: 1000, backups: 2, onTrouble });
    const take = (text: string) => {
      writeSync(pipe, text);
      expect(log.takeFrom(pipe, 4096, kernel)).toBe(text.length);
    };
    take('a'.repeat(600));
    take('b'.repeat(600));
    take('c');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('a'.repeat(600) + 'b'.repeat(600));
    truncateSync(path);
    take('d');
    log.write(new TextEncoder().encode('e'));
    take('f');
    expect(readFileSync(path, 'utf8')).toBe('def');
    expect(log.takeFrom(pipe, 4096, kernel)).toBe(0);
    log.close();
  }));

test('a pipe can be made larger', () =>
  withPipe(({ pipe }) => {
    expect(kernel.setPipeSize(pipe, 256 * 1024)).toBe(true);
    expect(writeSync(pipe, new Uint8Array(256 * 1024))).toBe(256 * 1024);
  }));
