import { expect, test } from 'vitest';
import { decideLimits, type Offers } from '../../src/limits/decide-limits.ts';

const all = { memoryMax: 64_000_000, cpuMax: 0.5, pidsMax: 20, nofile: 100 };

function offers(version: 1 | 2 | undefined, over: Partial<Offers> = {}): Offers {
  return {
    controller: () => (version === undefined ? { version, reason: 'there are no cgroups' } : { version }),
    root: false,
    mostFiles: 1000,
    ...over,
  };
}

function mechanisms(of: Offers) {
  return Object.fromEntries(
    decideLimits(all, of).inForce.map(({ option, mechanism }) => [option, mechanism]),
  );
}

test.each([1, 2] as const)(
  'where there are controllers of version %i they enforce all but nofile',
  (version) => {
    const by = `cgroup v${version}`;
    expect(mechanisms(offers(version))).toEqual({
      memory_max: by,
      cpu_max: by,
      pids_max: by,
      nofile: 'rlimit',
    });
  },
);

test('without cgroups rlimits enforce what they can, with a note of how', () => {
  const { inForce, refusals } = decideLimits(all, offers(undefined));
  expect(inForce.map(({ option, note }) => [option, note])).toEqual([
    ['memory_max', 'RLIMIT_DATA, for each process alone: there are no cgroups'],
    ['pids_max', 'RLIMIT_NPROC, for all processes of the user: there are no cgroups'],
    ['nofile', ''],
  ]);
  expect(refusals).toEqual([
    'cannot enforce cpu_max=0.5: there are no cgroups, and no other mechanism can; take the option out or start the supervisor where it can',
  ]);
});

test('a limit on the processes of root is refused where only RLIMIT_NPROC is left, which does not bind root', () => {
  const { refusals } = decideLimits({ ...all, cpuMax: undefined }, offers(undefined, { root: true }));
  expect(refusals).toEqual([expect.stringMatching(/^cannot enforce pids_max=20: .*does not bind .*root/)]);
});

test('more open files than can be allowed are refused with the most that can', () => {
  const { refusals } = decideLimits({ ...all, nofile: 1001 }, offers(2));
  expect(refusals).toEqual([
    'cannot enforce nofile=1001: at most 1000 open files can be allowed to this program here',
  ]);
});

test('a program without limits has none in force', () => {
  const none = { memoryMax: undefined, cpuMax: undefined, pidsMax: undefined, nofile: undefined };
  expect(decideLimits(none, offers(undefined))).toEqual({ inForce: [], refusals: [] });
});
