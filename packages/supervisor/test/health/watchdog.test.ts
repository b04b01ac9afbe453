import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FakeClock, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { NotifySocket } from '../../src/health/notify-socket.ts';
import { Watchdog } from '../../src/health/watchdog.ts';

function setUp() {
  const clock = new FakeClock();
  const told: string[] = [];
  let lines = ['WATCHDOG=trigger'];
  const watchdog = new Watchdog(10, {
    clock,
    notifications: { read: () => lines.splice(0) },
    tell: { ready: () => told.push('ready'), unhealthy: (problem) => told.push(problem) },
  });
  return {
    clock,
    told,
    watchdog,
    say: (...more: string[]) => {
      lines = [...lines, ...more];
    },
  };
}

test('a program that gives a sign in time is left alone, and is ready with the first one', async () => {
  const { clock, told, say } = setUp();
  for (let round = 0; round < 5; round++) {
    await clock.advance(9000);
    say('WATCHDOG=1');
  }
  expect(told).toEqual(['ready']);
});

test('a program that is silent for too long is unhealthy, and that is told once', async () => {
  const { clock, told, say } = setUp();
  say('READY=1');
  await clock.advance(9900);
  expect(told).toEqual(['ready']);
  await clock.advance(100_000);
  expect(told).toEqual(['ready', 'it gave no sign of life for 10 seconds (watchdog_secs)']);
});

test('what an earlier run said does not count, and the program may say itself that it is unwell', async () => {
  const { clock, told, say } = setUp();
  await clock.advance(1000);
  expect(told).toEqual([]);
  say('WATCHDOG=trigger');
  await clock.advance(1000);
  expect(told).toEqual(['it said so itself, with WATCHDOG=trigger']);
});

test('the program may change the time, and tell its status; what is not known is passed over', async () => {
  const { clock, told, say, watchdog } = setUp();
  say('WATCHDOG_USEC=60000000', 'STATUS=compacting', 'FDSTORE=1', 'WATCHDOG_USEC=soon', '=', 'WATCHDOG=1');
  await clock.advance(59_000);
  expect(told).toEqual(['ready']);
  expect(watchdog.status).toBe('compacting');
});

test("systemd's own client is understood", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'notify');
  const socket = NotifySocket.open(path, undefined);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(socket.read()).toEqual([]);
  const lines: string[] = [];
  // It waits until we have read what it sent.
  const sent = promisify(execFile)('systemd-notify', ['--ready', '--status=up and well'], {
    env: { ...process.env, NOTIFY_SOCKET: path },
  });
  await waitUntil('the message', () => lines.push(...socket.read()) > 0 && lines.includes('BARRIER=1'));
  await sent;
  expect(lines).toEqual(['READY=1', 'STATUS=up and well', 'BARRIER=1']);
  socket.close();
  expect(statSync(path, { throwIfNoEntry: false })).toBe(undefined);
});

test('a path that is too long for a socket is refused with a sentence', () => {
  expect(() => NotifySocket.open(`/tmp/${'x'.repeat(110)}`, undefined)).toThrow('longer than 107 bytes');
});
