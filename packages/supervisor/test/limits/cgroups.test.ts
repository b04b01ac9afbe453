import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyLimit } from '../../src/limits/apply-limit.ts';
import { Cgroups, safeName } from '../../src/limits/cgroups.ts';
import { silentLog } from '../support/fake-launcher.ts';

const app = { group: 'app', name: 'app' };

/** A hierarchy of version 2 as plain files: what is written can be read, what the kernel would do does not happen. */
async function unifiedHierarchy(available: string) {
  const folder = await temporaryFolder();
  const own = join(folder.path, 'own');
  mkdirSync(own);
  mkdirSync(join(folder.path, 'state'));
  for (const [file, text] of [
    ['cgroup.controllers', `${available}\n`],
    ['cgroup.subtree_control', '\n'],
    ['cgroup.procs', ''],
  ] as const)
    writeFileSync(join(own, file), text);
  const open = (unified = own) =>
    Cgroups.open({
      stateDirectory: join(folder.path, 'state'),
      log: silentLog,
      own: { unified, legacy: new Map() },
    });
  return { own, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a controller of version 2 is enabled for the cgroups of programs, and its limits are written there', async () => {
  await using hierarchy = await unifiedHierarchy('cpuset cpu memory pids');
  const cgroups = hierarchy.open();
  const directory = cgroups.programCgroup(app)?.directory ?? '';
  mkdirSync(directory);
  // The kernel makes this one with the directory.
  writeFileSync(join(directory, '..', 'cgroup.subtree_control'), '');
  const offer = cgroups.offer('memory');
  expect(offer.version).toBe(2);
  expect(offer.version && offer.directoryOf(app)).toBe(directory);
  expect(readFileSync(join(hierarchy.own, 'cgroup.subtree_control'), 'utf8')).toContain('+memory');
  expect(readFileSync(join(directory, '..', 'cgroup.subtree_control'), 'utf8')).toContain('+memory');
  for (const file of ['memory.max', 'memory.swap.max', 'memory.oom.group', 'cpu.max', 'pids.max'])
    writeFileSync(join(directory, file), '');
  const limit = { mechanism: 'cgroup v2', note: '' } as const;
  applyLimit({ option: 'memory_max', value: 5_000_000, ...limit }, directory);
  applyLimit({ option: 'cpu_max', value: 0.25, ...limit }, directory);
  applyLimit({ option: 'pids_max', value: 7, ...limit }, directory);
  const written = (file: string) => readFileSync(join(directory, file), 'utf8');
  expect(written('memory.max')).toBe('5000000');
  expect(written('memory.swap.max')).toBe('0');
  expect(written('memory.oom.group')).toBe('1');
  expect(written('cpu.max')).toBe('25000 100000');
  expect(written('pids.max')).toBe('7');
});

test('a controller that neither version has is no offer, with the reason', async () => {
  await using hierarchy = await unifiedHierarchy('cpu');
  expect(hierarchy.open().offer('pids')).toEqual({
    version: undefined,
    reason: 'there is no cgroup controller pids to use here',
  });
});

test('a supervisor that one of its own programs started, or that stands aside, uses the same cgroups', async () => {
  await using hierarchy = await unifiedHierarchy('');
  const expected = hierarchy.open().programCgroup(app)?.directory;
  const inside = join(expected ?? '', 'deeper');
  mkdirSync(inside, { recursive: true });
  expect(hierarchy.open(inside).programCgroup(app)?.directory).toBe(expected);
  expect(hierarchy.open(join(hierarchy.own, 'supervisor')).programCgroup(app)?.directory).toBe(expected);
  // It has left the cgroup that a stop of the program would kill.
  expect(readFileSync(join(hierarchy.own, 'cgroup.procs'), 'utf8')).toBe(String(process.pid));
});

test('any name becomes a file name of its own that is none of the kernel', () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(names, names, (group, name) => {
      const safe = safeName({ group, name });
      expect(safe).toMatch(/^[A-Za-z0-9_.:@+%-]{3,200}$/);
      expect(safe).toContain(':');
      expect(safeName({ group, name: `${name}x` })).not.toBe(safe);
    }),
  );
  expect(safeName({ group: 'my app', name: 'über' })).toBe('my%20app:%c3%bcber');
});
