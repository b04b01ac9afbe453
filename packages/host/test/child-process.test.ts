import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { processStartTime, runToEnd, signalGroup } from '../src/index.ts';

const shell = (script: string, options?: Parameters<typeof runToEnd>[2]) =>
  runToEnd('/bin/sh', ['-c', script], options);

function pidIn(path: string): Promise<number> {
  return waitUntil(`a pid in ${path}`, async () => Number(await readFile(path, 'utf8')) || undefined);
}

describe('a program that is run to its end', () => {
  test('gives its exit code and what it said on both outputs', async () => {
    expect(await shell('echo one; echo two >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: null,
      output: 'one\ntwo\n',
      timedOut: false,
    });
  });

  test('has the directory, the environment and no input', async () => {
    await using folder = await temporaryFolder();
    const { output } = await shell('pwd -P; echo $X; cat', { cwd: folder.path, env: { X: 'y' } });
    expect(output).toBe(`${folder.path}\ny\n`);
  });

  test('gives the signal that ended it', async () => {
    expect(await shell('kill -TERM $$')).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
  });

  test('rejects when it cannot be started', async () => {
    await expect(runToEnd('/no/such/program', [])).rejects.toMatchObject({ code: 'ENOENT' });
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'program');
    await writeFile(file, 'exit 0', { mode: 0o644 });
    await expect(runToEnd(file, [])).rejects.toMatchObject({ code: 'EACCES' });
    await expect(shell('true', { cwd: '/no/such/directory' })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is ended with its children when its time is over', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'pid');
    const run = shell(`trap '' TERM; sleep 60 & echo $! > ${file}; echo started; wait`, { timeoutMs: 500 });
    const child = await pidIn(file);
    expect(await run).toEqual({ exitCode: null, signal: 'SIGKILL', output: 'started\n', timedOut: true });
    await waitUntil('the child to end', () => processStartTime(child) === undefined);
  });

  test('is ended with its children when it is aborted', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'pid');
    const controller = new AbortController();
    const run = shell(`sleep 60 & echo $! > ${file}; wait`, { signal: controller.signal });
    const child = await pidIn(file);
    controller.abort();
    expect(await run).toMatchObject({ signal: 'SIGKILL', timedOut: false });
    await waitUntil('the child to end', () => processStartTime(child) === undefined);
  });

  test('does not go on when it was aborted before it began', async () => {
    expect(await shell('sleep 60', { signal: AbortSignal.abort() })).toMatchObject({ signal: 'SIGKILL' });
  });

  test('that leaves a daemon behind does not wait for it and does not end it', async () => {
    const start = performance.now();
    // The daemon keeps the output open and outlives the time limit.
    const { output, exitCode, timedOut } = await shell('sleep 30 & echo $!', { timeoutMs: 600 });
    expect(performance.now() - start).toBeLessThan(5000);
    expect([exitCode, timedOut]).toEqual([0, false]);
    const daemon = Number(output);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(processStartTime(daemon)).toBeDefined();
    process.kill(daemon, 'SIGKILL');
  });

  test('that says too much keeps the start and the end', async () => {
    const { output } = await shell('echo start; seq 1 100000; echo end', { maxOutputBytes: 1001 });
    expect(output.length).toBeLessThan(1100);
    expect(output).toMatch(/^start\n1\n2\n/);
    expect(output).toMatch(/\[\.\.\. \d+ bytes left out \.\.\.\]/);
    expect(output).toMatch(/100000\nend\n$/);
  });

  test('that says just enough loses nothing', async () => {
    const { output } = await shell('printf 0123456789', { maxOutputBytes: 10 });
    expect(output).toBe('0123456789');
  });
});

test('the start time names a process, and there is none for one that ended', () => {
  expect(processStartTime(process.pid)).toMatch(/^\d+$/);
  expect(processStartTime(process.pid)).toBe(processStartTime(process.pid));
  expect(processStartTime(2 ** 22 + 1)).toBeUndefined();
});

test('a group that is not there cannot be signalled', () => {
  expect(signalGroup(2 ** 22 + 1, 0)).toBe(false);
});
