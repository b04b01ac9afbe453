import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { rlimitCommands } from '../../src/limits/apply-limit.ts';
import { launchPrefix } from '../../src/limits/launch-prefix.ts';

function run(commands: readonly string[], argv: readonly string[], environment: Record<string, string>) {
  const prefix = launchPrefix({ must: [], may: undefined, commands });
  const { file, argv: wrapped } = prefix?.wrap({ file: `/bin/${argv[0]}`, argv }, environment) ?? {
    file: '',
    argv: [],
  };
  return spawnSync(file, wrapped.slice(1), { argv0: wrapped[0], env: environment, encoding: 'utf8' });
}

const path = { PATH: '/usr/bin:/bin' };

test('a program that needs nothing has no shell before it', () => {
  expect(launchPrefix({ must: [], may: undefined, commands: [] })).toBe(undefined);
});

test('arguments and environment reach the program unchanged, also names that a shell cannot have', () => {
  const odd = { ...path, 'my.name': 'a b', EMPTY: '', LINES: 'a\nb', QUOTED: `'"$(id)` };
  const { stdout } = run([':'], ['env', '-0'], odd);
  const seen = Object.fromEntries(
    stdout.split('\0').map((line) => /^([^=]*)=?([\s\S]*)$/.exec(line)?.slice(1) ?? []),
  );
  expect(seen).toMatchObject(odd);
  expect(run([':'], ['printf', '%s|', 'a b', '$HOME', '', '*'], path).stdout).toBe('a b|$HOME||*|');
});

test('the program sees the name it was called by', () => {
  expect(run([':'], ['sh', '-c', 'cat /proc/$$/cmdline'], path).stdout.split('\0')[0]).toBe('sh');
  expect(run([':'], ['sh', '-c', 'cat /proc/$$/cmdline'], {}).stdout.split('\0')[0]).toBe('/bin/sh');
});

test('rlimits are in force for the program', () => {
  const limit = { mechanism: 'rlimit', note: '' } as const;
  const commands = rlimitCommands([
    { option: 'memory_max', value: 50_000_000, ...limit },
    { option: 'pids_max', value: 33, ...limit },
    { option: 'nofile', value: 44, ...limit },
    { option: 'cpu_max', value: 1, mechanism: 'cgroup v2', note: '' },
  ]);
  const { stdout } = run(commands, ['cat', '/proc/self/limits'], path);
  expect(stdout).toMatch(/Max data size +50000896 +50000896/);
  expect(stdout).toMatch(/Max processes +33 +33/);
  expect(stdout).toMatch(/Max open files +44 +44/);
});

test('a program that cannot be confined does not run, and its log says so', () => {
  const { status, stderr, stdout } = run(['false'], ['echo', 'ran'], path);
  expect({ status, stdout }).toEqual({ status: 126, stdout: '' });
  expect(stderr).toBe('gwe-supervisord: cannot confine this program\n');
});
