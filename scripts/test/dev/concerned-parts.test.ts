import { join } from 'node:path';
import { expect, test } from 'vitest';
import { concernedParts } from '../../dev/concerned-parts.ts';
import { readDependencies } from '../../dev/read-dependencies.ts';

const dependencies = readDependencies(join(import.meta.dirname, '..', '..', '..'));
const concerned = (...paths: string[]) => concernedParts(paths, dependencies);

test('a change of the engine concerns the engine alone, one of the queue also the engine that uses its sources', () => {
  expect(concerned('packages/gmq/src/run.ts')).toEqual(['gmq', 'gwe']);
  expect(concerned('packages/gateway-engine/src/engine.ts')).toEqual(['gwe']);
});

test('a change of what all depend on starts the platform and the supervisor, which takes the others with it', () => {
  expect(concerned('packages/host/src/clock.ts')).toEqual(['platform', 'supervisor']);
});

test('a change of the library of devices concerns those that speak by it', () => {
  expect(concerned('packages/device-client/src/caller.ts')).toEqual(['gmq', 'gwe']);
});

test('what runs in no process concerns none', () => {
  expect(concerned('packages/testkit/src/fake-clock.ts', 'docs/reports.md', 'README.md')).toEqual([]);
});
