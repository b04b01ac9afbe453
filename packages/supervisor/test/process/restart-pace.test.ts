import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noExtras, type RestartPolicy } from '../../src/config/extras.ts';
import type { ProcessConfig } from '../../src/config/program.ts';
import { HostedProcess } from '../../src/process/hosted-process.ts';
import { RestartPace } from '../../src/process/restart-pace.ts';
import { FakeLauncher, programConfig, silentLog } from '../support/fake-launcher.ts';

const policy: RestartPolicy = {
  initialSeconds: 10,
  factor: 2,
  jitter: 0,
  maximumSeconds: 35,
  windowSeconds: 100,
};

function setUp(over: Partial<ProcessConfig> = {}) {
  const clock = new FakeClock();
  const launcher = new FakeLauncher();
  const config = programConfig({ startRetries: 1, extras: { ...noExtras, restart: policy }, ...over });
  const process = new HostedProcess(config, { clock, launcher, log: silentLog, mayStart: () => true });
  /** Milliseconds until the next launch. */
  const untilLaunch = async () => {
    const before = launcher.launches;
    const from = clock.monotonic();
    while (launcher.launches === before && clock.monotonic() - from < 200_000) await clock.advance(500);
    return clock.monotonic() - from;
  };
  return { clock, launcher, process, untilLaunch };
}

test('after the documented retries a program waits longer and longer, and is never FATAL', async () => {
  const { launcher, process, untilLaunch } = setUp();
  process.start();
  const waits: number[] = [];
  for (let round = 0; round < 5; round++) {
    launcher.end(1);
    expect(process.state).toBe('BACKOFF');
    waits.push(await untilLaunch());
  }
  expect(waits).toEqual([1000, 10_000, 20_000, 35_000, 35_000]);
  expect(process.paced.failures).toBe(5);
});

test('while it waits, it tells how often it failed and when it starts again', async () => {
  const { clock, launcher, process, untilLaunch } = setUp();
  process.start();
  expect(process.paced).toEqual({ failures: 0, startsInMs: undefined });
  launcher.end(1);
  await untilLaunch();
  launcher.end(1);
  await clock.advance(4000);
  expect(process.paced).toEqual({ failures: 2, startsInMs: 6000 });
});

test('crashes after startsecs are paced too, as BACKOFF', async () => {
  const { clock, launcher, process, untilLaunch } = setUp();
  process.start();
  await clock.advance(5000);
  launcher.end(1);
  expect(process.state).toBe('EXITED');
  expect(await untilLaunch()).toBeLessThanOrEqual(500);
  await clock.advance(5000);
  launcher.end(1);
  expect(process.state).toBe('BACKOFF');
  expect(await untilLaunch()).toBe(10_000);
});

test('a program that was up for the window has recovered', async () => {
  const { clock, launcher, process, untilLaunch } = setUp();
  process.start();
  for (let round = 0; round < 3; round++) {
    launcher.end(1);
    await untilLaunch();
  }
  await clock.advance(100_000);
  launcher.end(1);
  expect(process.state).toBe('EXITED');
  expect(process.paced.failures).toBe(1);
});

test('a start that somebody asks for forgets the failures before', async () => {
  const { launcher, process, untilLaunch } = setUp();
  process.start();
  for (let round = 0; round < 3; round++) {
    launcher.end(1);
    await untilLaunch();
  }
  launcher.end(1);
  process.stop();
  expect(process.state).toBe('STOPPED');
  process.start();
  launcher.end(1);
  expect(await untilLaunch()).toBe(1000);
});

test('a stop while it waits is final', async () => {
  const { clock, launcher, process, untilLaunch } = setUp();
  process.start();
  launcher.end(1);
  await untilLaunch();
  launcher.end(1);
  expect(process.stop()).toBe(true);
  await clock.advance(1_000_000);
  expect(process.state).toBe('STOPPED');
  expect(launcher.launches).toBe(2);
});

test('a restart stops the program, starts it again, and counts as a failure', async () => {
  const { clock, launcher, process, untilLaunch } = setUp();
  process.start();
  await clock.advance(2000);
  process.restart('Unhealthy: no answer');
  expect(process.state).toBe('STOPPING');
  launcher.end(0);
  expect(process.state).toBe('STARTING');
  await clock.advance(2000);
  process.restart('Unhealthy: no answer');
  launcher.end(0);
  expect(process.state).toBe('BACKOFF');
  expect(process.spawnError).toBe('Unhealthy: no answer');
  expect(await untilLaunch()).toBe(10_000);
});

test('somebody who stops a program in the middle of a restart is obeyed', async () => {
  const { clock, launcher, process } = setUp();
  process.start();
  await clock.advance(2000);
  process.restart('Unhealthy: no answer');
  expect(process.stop()).toBe(true);
  launcher.end(0);
  await clock.advance(100_000);
  expect(process.state).toBe('STOPPED');
});

test('without a policy a restart is followed by a start at once', async () => {
  const { clock, launcher, process } = setUp({ extras: noExtras });
  process.start();
  for (let round = 0; round < 5; round++) {
    await clock.advance(2000);
    process.restart('Unhealthy: no answer');
    launcher.end(0);
    expect(process.state).toBe('STARTING');
  }
});

test('whatever the policy, no wait is longer than the maximum nor shorter than the jitter allows', () => {
  const policies = fc.record({
    initialSeconds: fc.double({ min: 0.05, max: 100, noNaN: true }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    maximumSeconds: fc.double({ min: 100, max: 1000, noNaN: true }),
    windowSeconds: fc.constant(1000),
  });
  const randoms = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(policies, fc.nat(5), randoms, (value, free, numbers) => {
      const random = numbers.values();
      const pace = new RestartPace(value, free, () => random.next().value ?? 0);
      for (let failure = 1; failure <= free; failure++) expect(pace.failed(0)).toBe(undefined);
      for (let failure = 0; failure < 20; failure++) {
        const ms = pace.failed(0) ?? Number.NaN;
        expect(ms).toBeLessThanOrEqual(Math.ceil(value.maximumSeconds * 1000));
        expect(ms).toBeGreaterThanOrEqual(Math.floor(value.initialSeconds * 1000 * (1 - value.jitter)));
      }
    }),
  );
});
