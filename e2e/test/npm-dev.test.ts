import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../src/system.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let child: ChildProcess;
let output = '';

beforeAll(async () => {
  folder = await temporaryFolder();
  // Those of the last run, as it takes them: other tests want the documented ones at the same time.
  const ports = { platform: await freePort(), gmq: await freePort() };
  await writeFile(join(folder.path, 'ports.json'), JSON.stringify(ports));
  child = spawn(
    process.execPath,
    [
      join(root, 'scripts', 'run.mjs'),
      join(root, 'scripts', 'dev.ts'),
      '--state',
      folder.path,
      '--fleet',
      '3',
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  await said('Ctrl-C stops everything');
});

afterAll(async () => {
  await stop();
  await folder?.[Symbol.asyncDispose]();
});

async function stop(): Promise<number | null> {
  if (child.exitCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await exited;
  }
  return child.exitCode;
}

async function said(text: string | RegExp): Promise<string> {
  const found = () => (typeof text === 'string' ? output.includes(text) && text : text.exec(output)?.[1]);
  return waitUntil(`npm run dev to say ${text}`, found, { timeoutMs: 100_000 }).catch((cause) => {
    throw new Error(`npm run dev said:\n${output}`, { cause });
  });
}

/** As if somebody had saved the file as it is. */
async function save(path: string): Promise<void> {
  const now = new Date();
  await utimes(join(root, path), now, now);
}

async function serialNumbers(page: string): Promise<number> {
  const { token } = JSON.parse(await readFile(join(folder.path, 'platform', 'admin.json'), 'utf8')) as {
    token: string;
  };
  let count = 0;
  for (const product of ['dev', 'pump-station', 'cold-chain', 'solar-park']) {
    const answer = await fetch(`${page}/api/v1/products/${product}/devices`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { devices } = (await answer.json()) as { devices: unknown[] };
    count += devices.length;
  }
  return count;
}

test('the page comes from its sources, its API from the platform, and what is saved is started again with its data', async () => {
  const page = await said(/page +(http:\S+)/);
  expect(await (await fetch(page)).text()).toContain('/@vite/client');
  expect((await fetch(`${page}/src/main.tsx`)).headers.get('content-type')).toContain('javascript');
  await said('3 of 3 gateways');
  expect(await serialNumbers(page)).toBe(4);

  const supervisor = new SupervisorClient(`unix://${join(folder.path, 'gateway', 'run', 'supervisor.sock')}`);
  const { pid } = await supervisor.getProcessInfo('gmq');
  await save('packages/gmq/src/version.ts');
  await said('gmq is up again');
  expect((await supervisor.getProcessInfo('gmq')).pid).not.toBe(pid);

  await save('packages/platform/src/version.ts');
  await said('platform is up again');
  expect(await serialNumbers(page)).toBe(4);
});

test('Ctrl-C leaves no process', async () => {
  expect(await stop()).toBe(0);
  const left = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const about = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1'));
      return about.join('').includes(folder.path);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
  expect(left).toEqual([]);
});
