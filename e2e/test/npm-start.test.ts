import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type temporaryFolder as makeFolder, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../src/system.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  folder = await temporaryFolder();
});

afterEach(async () => {
  for (const child of running) await interrupt(child);
  await folder[Symbol.asyncDispose]();
});

const state = () => join(folder.path, "somebody's demo");

/** `npm start` with a state folder of the test's own, of a name that must be quoted everywhere. */
function npmStart(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs'), '--state', state(), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  child.on('exit', () => running.delete(child));
  return { child, output: () => output };
}

const ready = (demo: { output: () => string }) =>
  waitUntil('the demo to be ready', () => demo.output().includes('Ctrl-C stops everything'), {
    timeoutMs: 100_000,
  }).catch((cause) => {
    throw new Error(`the demo did not get ready:\n${demo.output()}`, { cause });
  });

async function interrupt(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await exited;
  return code as number | null;
}

/** Command lines of the processes that name the test's folder in their arguments or environment. */
function processesOfTheDemo(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const text =
          readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1');
        return text.includes(folder.path)
          ? [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')]
          : [];
      } catch {
        return [];
      }
    });
}

test('npm start delivers the application, stops without leaving a process, and goes on from there', async () => {
  const first = npmStart();
  await ready(first);
  expect(first.output()).toMatch(/Page +http:\/\/127\.0\.0\.1:\d+/);
  expect(first.output()).toMatch(/Log in +admin +\/ +\S+/);
  expect(await readFile(join(state(), 'env'), 'utf8')).toContain('GWE_PLATFORM_TOKEN');

  const second = npmStart();
  await once(second.child, 'exit');
  expect(second.child.exitCode).toBe(1);
  expect(second.output()).toContain('is running in this folder already');

  expect(await interrupt(first.child)).toBe(0);
  expect(processesOfTheDemo()).toEqual([]);

  const third = npmStart();
  await ready(third);
  expect(third.output()).toContain('is installed already');
  expect(await interrupt(third.child)).toBe(0);
  expect(processesOfTheDemo()).toEqual([]);
});

test('a demo that was killed leaves processes, which the next one stops; ports in use are avoided; --fresh forgets', async () => {
  const blocker = createServer();
  await new Promise<void>((listening) =>
    blocker.once('error', () => listening()).listen(8080, '127.0.0.1', () => listening()),
  );
  try {
    const first = npmStart();
    await ready(first);
    expect(first.output()).toMatch(/port 8080 is in use by another program; the platform takes \d+ instead/);
    const pids = JSON.parse(await readFile(join(state(), 'run.json'), 'utf8')) as {
      demo: { pid: number };
    };
    process.kill(pids.demo.pid, 'SIGKILL');
    await once(first.child, 'exit');
    expect(processesOfTheDemo()).not.toEqual([]);

    const second = npmStart('--fresh');
    await ready(second);
    expect(second.output()).toContain('was installed by the gateway');
    expect(await interrupt(second.child)).toBe(0);
    expect(processesOfTheDemo()).toEqual([]);
  } finally {
    blocker.close();
  }
});

test('when nobody reads its output any more, the demo stops and leaves no process', async () => {
  const demo = npmStart();
  await waitUntil('a gateway that runs', () => demo.output().includes('gateway started'), {
    timeoutMs: 60_000,
  });
  demo.child.stdout?.destroy();
  demo.child.stderr?.destroy();
  await once(demo.child, 'exit');
  expect(processesOfTheDemo()).toEqual([]);
});

test('a state folder that cannot be used is one clear line and exit code 1', async () => {
  await writeFile(state(), 'a file');
  const demo = npmStart();
  await once(demo.child, 'exit');
  expect(demo.child.exitCode).toBe(1);
  expect(demo.output().trim().split('\n')).toHaveLength(1);
  expect(demo.output()).toContain('npm start -- --state DIR');
});

test('an unknown option is one clear line and exit code 1', async () => {
  const demo = npmStart('--frsh');
  await once(demo.child, 'exit');
  expect(demo.child.exitCode).toBe(1);
  expect(demo.output()).toMatch(/npm start: .*--frsh/);
});
