import { FakeClock } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import type { ProcessConfig } from '../../src/config/program.ts';
import { HostedProcess } from '../../src/process/hosted-process.ts';
import { FakeLauncher, programConfig, silentLog } from '../support/fake-launcher.ts';

function setUp(over: Partial<ProcessConfig> = {}) {
  const clock = new FakeClock();
  const launcher = new FakeLauncher();
  let ending = false;
  const process = new HostedProcess(programConfig(over), {
    clock,
    launcher,
    log: silentLog,
    mayStart: () => !ending,
  });
  return {
    clock,
    launcher,
    process,
    shutDown: () => {
      ending = true;
    },
  };
}

test('a start that fails is tried again after 1, 2, 3 seconds and then given up', async () => {
  const { clock, launcher, process } = setUp({ startRetries: 3 });
  process.start();
  for (const wait of [1, 2, 3]) {
    launcher.end(1);
    expect(process.state).toBe('BACKOFF');
    await clock.advance(wait * 1000 - 1);
    expect(process.state).toBe('BACKOFF');
    await clock.advance(1);
    expect(process.state).toBe('STARTING');
  }
  launcher.end(1);
  expect(process.state).toBe('FATAL');
  expect(process.spawnError).toBe('Exited too quickly (process log may have details)');
  await clock.advance(3_600_000);
  expect(launcher.launches).toBe(4);
});

test('a program that was RUNNING has all its retries again', async () => {
  const { clock, launcher, process } = setUp({ startRetries: 1 });
  process.start();
  launcher.end(1);
  await clock.advance(1000);
  await clock.advance(1000);
  expect(process.state).toBe('RUNNING');
  launcher.end(1);
  await clock.advance(0);
  launcher.end(1);
  expect(process.state).toBe('BACKOFF');
});

test('a crash after startsecs is followed by a new start at once', async () => {
  const { clock, launcher, process } = setUp();
  process.start();
  await clock.advance(5000);
  launcher.end(null, 'SIGSEGV');
  expect([process.state, process.exitStatus]).toEqual(['EXITED', -1]);
  await clock.advance(0);
  expect(process.state).toBe('STARTING');
});

test('restarts, the last exit status and the last failure are known until somebody starts it again', async () => {
  const { clock, launcher, process } = setUp();
  process.start();
  expect(process.history).toMatchObject({ restarts: 0, lastStatus: undefined, lastFailure: '' });
  await clock.advance(5000);
  launcher.end(3);
  await clock.advance(0);
  launcher.end(null, 'SIGSEGV');
  await clock.advance(1000);
  expect(process.state).toBe('STARTING');
  expect(process.history).toMatchObject({
    restarts: 2,
    lastStatus: -1,
    lastFailure: 'ended too soon after its start: terminated by SIGSEGV',
  });
  process.stop();
  launcher.end(0);
  process.start();
  expect(process.history).toMatchObject({ restarts: 0, lastStatus: undefined, lastFailure: '' });
});

test('a program without startsecs that ends at once is started once a second, not in a loop', async () => {
  const { clock, launcher, process } = setUp({ startSeconds: 0, autorestart: 'always' });
  process.start();
  for (let second = 0; second < 5; second++) {
    await clock.advance(0);
    launcher.end(0);
    expect(process.state).toBe('EXITED');
    await clock.advance(1000);
  }
  expect(launcher.launches).toBe(6);
});

test('stopping a program that is about to be started again keeps it down', async () => {
  const { clock, launcher, process } = setUp({ startSeconds: 0, autorestart: 'always' });
  process.start();
  await clock.advance(0);
  launcher.end(0);
  expect(process.stop()).toBe(false);
  await clock.advance(60_000);
  expect(process.state).toBe('EXITED');
});

test('nothing starts by itself while the supervisor shuts down', async () => {
  const { clock, launcher, process, shutDown } = setUp({ autorestart: 'always' });
  process.start();
  await clock.advance(2000);
  shutDown();
  launcher.end(1);
  await clock.advance(60_000);
  expect([process.state, launcher.launches]).toEqual(['EXITED', 1]);
});

test('SIGKILL goes to the whole group when stopwaitsecs are over, and again if need be', async () => {
  const { clock, launcher, process } = setUp({ stopWaitSeconds: 3 });
  process.start();
  await clock.advance(2000);
  process.stop();
  await clock.advance(2999);
  expect(launcher.signals).toEqual(['TERM']);
  await clock.advance(1);
  expect(launcher.signals).toEqual(['TERM', 'KILL group']);
  await clock.advance(3000);
  expect(launcher.signals).toEqual(['TERM', 'KILL group', 'KILL group']);
  launcher.end(null, 'SIGKILL');
  expect(process.state).toBe('STOPPED');
});

test('a program counts as STOPPED only when its whole process group is gone', async () => {
  const { clock, launcher, process } = setUp({ stopWaitSeconds: 3 });
  launcher.descendants = true;
  process.start();
  await clock.advance(2000);
  process.stop();
  launcher.end(0);
  expect([process.state, launcher.signals]).toEqual(['STOPPING', ['TERM', 'TERM group']]);
  await clock.advance(500);
  launcher.descendants = false;
  await clock.advance(50);
  expect([process.state, process.exitStatus]).toEqual(['STOPPED', 0]);
});

test('what does not leave the group is killed with it after stopwaitsecs', async () => {
  const { clock, launcher, process } = setUp({ stopWaitSeconds: 1, stopAsGroup: true, killAsGroup: true });
  launcher.descendants = true;
  process.start();
  await clock.advance(2000);
  process.stop();
  launcher.end(0);
  await clock.advance(999);
  expect(launcher.signals).toEqual(['TERM group']);
  await clock.advance(60);
  expect(launcher.signals).toContain('KILL group');
  await clock.advance(1100);
  // Only zombies that nobody collects do not go; they hold nothing up.
  expect(process.state).toBe('STOPPED');
});

test('jumps of the wall clock change no duration', async () => {
  const { clock, launcher, process } = setUp({ startSeconds: 10 });
  process.start();
  clock.setWall(Date.UTC(1970, 0, 1));
  await clock.advance(9999);
  expect(process.state).toBe('STARTING');
  await clock.advance(1);
  expect(process.state).toBe('RUNNING');
  clock.setWall(Date.UTC(2099, 0, 1));
  expect(process.uptimeMs).toBe(10_000);
  launcher.end(0);
});
