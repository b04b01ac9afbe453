import { FakeClock } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { noExtras } from '../../src/config/extras.ts';
import { HealthWatch } from '../../src/health/health-watch.ts';
import { HostedProcess } from '../../src/process/hosted-process.ts';
import { FakeLauncher, programConfig, silentLog } from '../support/fake-launcher.ts';

function setUp() {
  const clock = new FakeClock();
  const launcher = new FakeLauncher();
  const state: { problem: string | undefined; lines: string[] } = { problem: undefined, lines: [] };
  const extras = {
    ...noExtras,
    watchdogSeconds: 10,
    healthCheck: {
      kind: 'command',
      target: 'check',
      intervalSeconds: 5,
      timeoutSeconds: 1,
      retries: 2,
    },
  } as const;
  const process = new HostedProcess(programConfig({ extras }), {
    clock,
    launcher,
    log: silentLog,
    mayStart: () => true,
  });
  const watch = new HealthWatch('app', extras, {
    clock,
    log: silentLog,
    process,
    probe: async () => state.problem,
    notifications: { read: () => state.lines.splice(0) },
  });
  const changes: string[] = [];
  watch.onChange(() => changes.push(watch.report.health));
  return { clock, launcher, process, watch, changes, state };
}

test('with a check and a watchdog a program is healthy when both say so', async () => {
  const { clock, process, state, changes } = setUp();
  process.start();
  await clock.advance(3000);
  expect(changes).toEqual(['starting']);
  state.lines.push('READY=1');
  await clock.advance(1000);
  expect(changes).toEqual(['starting', 'healthy']);
});

test('an unhealthy program is restarted once, and its next run is watched from the beginning', async () => {
  const { clock, launcher, process, state, changes, watch } = setUp();
  process.start();
  state.lines.push('READY=1');
  await clock.advance(2000);
  expect(changes).toEqual(['starting', 'healthy']);
  state.problem = 'exit status 1';
  for (let second = 0; second < 12; second++) {
    state.lines.push('WATCHDOG=1');
    await clock.advance(1000);
  }
  expect(process.state).toBe('STOPPING');
  expect(watch.report).toMatchObject({ health: 'unhealthy', restarts: 1 });
  state.problem = undefined;
  launcher.end(0);
  expect(process.state).toBe('STARTING');
  state.lines.push('READY=1');
  await clock.advance(2000);
  expect(watch.report).toMatchObject({ health: 'healthy', problem: '', restarts: 1 });
});

test('a program that is stopped is down, and nothing is looked at any more', async () => {
  const { clock, launcher, process, watch } = setUp();
  process.start();
  await clock.advance(2000);
  process.stop();
  launcher.end(0);
  expect(watch.report.health).toBe('down');
  expect(clock.waiting).toBe(0);
});

test('what is told of a process without a change of its state does not begin the watch anew', async () => {
  const { clock, launcher, process, state, changes } = setUp();
  process.start();
  const saved = process.snapshot();
  await clock.advance(9000);
  process.restore(saved, (ended) => launcher.adopt(ended));
  await clock.advance(2000);
  // 11 seconds without a sign.
  expect(changes).toContain('unhealthy');
  expect(state.lines).toEqual([]);
});
