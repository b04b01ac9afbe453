import { spawn } from 'node:child_process';
import { processStartTime, systemClock } from '@gateway-engine/host';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { loadKernelCalls } from '../../src/capture/kernel-calls.ts';
import { adoptProcess } from '../../src/process/adopt.ts';
import { EndWatch } from '../../src/process/end-watch.ts';
import type { WaitStatus } from '../../src/process/wait-status.ts';

function startSleep() {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  const pid = child.pid ?? 0;
  return { child, pid, startTime: processStartTime(pid) ?? '' };
}

test.each([
  ['with a handle of the kernel', loadKernelCalls()],
  ['without', undefined],
])('the end of an adopted process is told once, %s', async (_, kernel) => {
  const { pid, startTime } = startSleep();
  const ends: WaitStatus[] = [];
  const child = adoptProcess({ pid, startTime }, { endWatch: new EndWatch(systemClock), kernel }, (status) =>
    ends.push(status),
  );
  expect([child.pid, child.groupIsAlive()]).toEqual([pid, true]);
  expect(child.signal('SIGTERM', 'process')).toBe(true);
  await waitUntil('the end', () => ends.length > 0);
  // Known by the kernel's handle since Linux 6.15, else when it is seen before its parent, this test, has collected it.
  expect([
    { code: null, signal: 'SIGTERM' },
    { code: null, signal: null },
  ]).toContainEqual(ends[0]);
  expect([child.signal('SIGTERM', 'process'), child.signal('SIGTERM', 'group')]).toEqual([false, false]);
  expect(child.groupIsAlive()).toBe(false);
  await systemClock.sleep(100);
  expect(ends).toHaveLength(1);
});

test('a process that has the pid by now is neither signalled nor taken for it', async () => {
  const { child: stranger, pid } = startSleep();
  const ends: WaitStatus[] = [];
  const child = adoptProcess(
    { pid, startTime: '1' },
    { endWatch: new EndWatch(systemClock), kernel: loadKernelCalls() },
    (status) => ends.push(status),
  );
  await waitUntil('the end', () => ends.length > 0);
  expect(ends).toEqual([{ code: null, signal: null }]);
  expect([child.signal('SIGKILL', 'process'), child.signal('SIGKILL', 'group')]).toEqual([false, false]);
  expect(child.groupIsAlive()).toBe(false);
  expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
  stranger.kill('SIGKILL');
});
