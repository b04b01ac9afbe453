import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { readOwnCgroups } from '../../src/limits/cgroup-mounts.ts';
import { ProgramCgroup } from '../../src/limits/program-cgroup.ts';
import { processesWith } from '../support/processes.ts';

const script = (mark: string) =>
  `while [ ! -e "$GO" ]; do sleep 0.01; done; setsid sleep ${mark}1 & setsid sh -c 'trap "" TERM; sleep ${mark}2 & sleep ${mark}3' & exec sleep ${mark}4`;

async function family(cgroup: ProgramCgroup, mark: string): Promise<ChildProcess> {
  await using folder = await temporaryFolder();
  const go = join(folder.path, 'go');
  const child = spawn('sh', ['-c', script(mark)], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, GO: go },
  });
  mkdirSync(cgroup.directory, { recursive: true });
  writeFileSync(join(cgroup.directory, 'cgroup.procs'), String(child.pid));
  mkdirSync(go);
  await waitUntil('the family', () => processesWith(mark).length >= 5);
  return child;
}

test.each([
  ['with cgroup.kill', true],
  ['one by one where there is no cgroup.kill', false],
])('all descendants are killed, those in sessions and cgroups of their own too: %s', async (_, hasKill) => {
  const mark = `400${Math.floor(Math.random() * 1e8)}`;
  const directory = join(readOwnCgroups().unified ?? '', `gwe-test-${mark}`);
  const cgroup = new ProgramCgroup(directory, hasKill);
  expect(cgroup.members()).toEqual([]);
  expect(cgroup.isPopulated()).toBe(false);
  await family(cgroup, mark);
  // One of them has gone to a cgroup that the program made itself.
  const below = join(directory, 'own');
  mkdirSync(below);
  writeFileSync(join(below, 'cgroup.procs'), String(processesWith(`${mark}1`)[0]));
  expect(cgroup.members().sort()).toEqual(processesWith(mark).sort());
  expect(cgroup.isPopulated()).toBe(true);
  expect(cgroup.remove()).toBe(false);
  cgroup.kill();
  await waitUntil('their end', () => !cgroup.isPopulated());
  expect(processesWith(mark)).toEqual([]);
  await waitUntil('the cgroup to go', () => cgroup.remove());
});

test('a signal to those outside of the process group reaches them and nobody else', async () => {
  const mark = `401${Math.floor(Math.random() * 1e8)}`;
  const cgroup = new ProgramCgroup(join(readOwnCgroups().unified ?? '', `gwe-test-${mark}`));
  const leader = await family(cgroup, mark);
  cgroup.signalOutside(Number(leader.pid), 'SIGTERM', (pid) => (pid === leader.pid ? leader.pid : undefined));
  await waitUntil('the sleeps to end', () => processesWith(`${mark}1`).length === 0);
  expect(processesWith(`${mark}4`)).toEqual([leader.pid]);
  cgroup.kill();
  await waitUntil('the cgroup to go', () => !cgroup.isPopulated() && cgroup.remove());
});
