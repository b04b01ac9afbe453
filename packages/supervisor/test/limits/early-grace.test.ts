import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { EarlyGrace } from '../../src/limits/early-grace.ts';
import { silentLog } from '../support/fake-launcher.ts';

const cgroups = () => readFileSync('/proc/self/cgroup', 'utf8');
const openProcs = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith('/cgroup.procs');
    } catch {
      return false; // The one of the directory itself.
    }
  }).length;

test('an early grace period moves nothing, however often it is asked for, and leaves no file open', async () => {
  const before = cgroups();
  const troubles: string[] = [];
  const grace = new EarlyGrace({ ...silentLog, debug: (message) => troubles.push(message) });
  for (let time = 0; time < 5; time++) {
    grace.begin();
    grace.begin();
    await sleep(20);
  }
  grace.begin();
  grace.close();
  await waitUntil('the file to be closed', () => openProcs() === 0);
  grace.begin();
  expect(openProcs()).toBe(0);
  expect(cgroups()).toBe(before);
  // Where our own cgroup cannot be written there is none, which does no harm.
  expect(troubles.filter((message) => !/^a start may have to wait for its cgroup: /.test(message))).toEqual(
    [],
  );
});
