import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { noExtras } from '../../src/config/extras.ts';
import { extraOptions } from '../../src/config/options/extra-options.ts';
import { loadConfig } from '../../src/config/supervisord.ts';
import { writeConfig } from '../support/daemons.ts';

async function load(programs: string) {
  await using folder = await temporaryFolder();
  return loadConfig(writeConfig(folder.path, programs), {});
}

async function extrasOf(options: string) {
  const { groups } = await load(`[program:app]\ncommand=app\n${options}`);
  return groups[0]?.processes[0]?.extras;
}

test('a program without options of our own has none of them in force', async () => {
  expect(await extrasOf('')).toEqual(noExtras);
});

test('limits, restart policy, health check, watchdog and dependencies are read', async () => {
  const extras = await extrasOf(
    `memory_max=64MB\ncpu_max=50%%\npids_max=20\nnofile=100\nrestart_initial=5\nrestart_maximum=60
healthcheck_command=check 'a b'\nhealthcheck_interval=0.5\nwatchdog_secs=10\ndepends_on=db, queue:worker\n`,
  );
  expect(extras).toEqual({
    limits: { memoryMax: 64 * 1024 ** 2, cpuMax: 0.5, pidsMax: 20, nofile: 100 },
    restart: { initialSeconds: 5, factor: 2, jitter: 0.1, maximumSeconds: 60, windowSeconds: 600 },
    healthCheck: {
      kind: 'command',
      target: "check 'a b'",
      intervalSeconds: 0.5,
      timeoutSeconds: 5,
      retries: 3,
    },
    watchdogSeconds: 10,
    dependsOn: ['db', 'queue:worker'],
  });
  expect((await extrasOf('cpu_max=1.5\n'))?.limits.cpuMax).toBe(1.5);
  expect((await extrasOf('healthcheck_url=http://127.0.0.1:1/\n'))?.healthCheck?.kind).toBe('url');
});

test.each([
  ['memory_max=100', 'memory_max: 100 is less than 1MB'],
  ['memory_max=much', 'memory_max: "much"'],
  ['cpu_max=0', 'cpu_max: "0" is no amount of CPUs from 1% up; accepted: a share of one CPU such as 50%'],
  ['pids_max=0', 'pids_max: 0 is less than 1'],
  ['nofile=-1', 'nofile: -1 is less than 1'],
  ['restart_factor=3', 'restart_factor: has no effect without restart_initial'],
  ['restart_initial=5\nrestart_factor=0.5', 'restart_factor: 0.5 is less than 1'],
  ['restart_initial=5\nrestart_jitter=2', 'restart_jitter: 2 is more than 1'],
  ['restart_initial=5\nrestart_maximum=1', 'restart_maximum: 1 is less than restart_initial, 5'],
  [
    'healthcheck_retries=2',
    'healthcheck_retries: has no effect without healthcheck_command or healthcheck_url',
  ],
  [
    'healthcheck_url=ftp://a',
    'healthcheck_url: "ftp://a" is no address that can be fetched; accepted: a URL',
  ],
  ['healthcheck_command=a\nhealthcheck_url=http://a', 'healthcheck_url: healthcheck_command is set as well'],
  ['watchdog_secs=0', 'watchdog_secs: 0 is too little or too much; accepted: seconds from 0.05'],
])('%s is refused with a sentence', async (options, sentence) => {
  await expect(load(`[program:app]\ncommand=app\n${options}\n`)).rejects.toThrow(sentence);
});

test('dependencies that go round in a circle are refused with their names', async () => {
  const program = (name: string, dependsOn: string) =>
    `[program:${name}]\ncommand=${name}\ndepends_on=${dependsOn}\n`;
  await expect(load(`${program('a', 'b')}${program('b', 'c')}${program('c', 'x,a')}`)).rejects.toThrow(
    'depends_on goes round in a circle: a -> b -> c -> a',
  );
  await expect(load(program('a', 'a'))).rejects.toThrow('circle: a -> a');
  const { warnings } = await load(program('a', 'b'));
  expect(warnings).toContain('a depends on b, which is not configured: it is not started before that is');
});

test('every option of our own is marked as such', () => {
  expect(extraOptions.every((option) => option.own)).toBe(true);
});
