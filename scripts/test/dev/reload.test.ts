import { join } from 'node:path';
import { FakeClock } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import type { Part } from '../../dev/concerned-parts.ts';
import { readDependencies } from '../../dev/read-dependencies.ts';
import { reloadOnChange } from '../../dev/reload.ts';

const root = join(import.meta.dirname, '..', '..', '..');

function reloading(restart: (part: Part) => Promise<void> = async () => {}) {
  const said: string[] = [];
  const restarted: Part[] = [];
  const reload = reloadOnChange({
    root,
    dependencies: readDependencies(root),
    clock: new FakeClock(),
    say: (line) => said.push(line),
    restart: (part) => {
      restarted.push(part);
      return restart(part);
    },
  });
  const change = async (...paths: string[]) => {
    reload.ask(paths.map((path) => join(root, path)));
    await reload.stop();
  };
  return { change, said, restarted };
}

test('a change is told with what it concerns, and each part when it is up again', async () => {
  const { change, said, restarted } = reloading();
  await change('packages/gmq/src/run.ts', 'packages/gmq/src/run.ts', 'packages/gmq/src/status.ts');
  expect(restarted).toEqual(['gmq', 'gwe']);
  expect(said).toEqual([
    'packages/gmq/src/run.ts and 1 more changed: restarting gmq, gwe',
    'gmq is up again (0.0 s)',
    'gwe is up again (0.0 s)',
  ]);
});

test('a part that does not start is told with the reason, the others are started, and the next change tries again', async () => {
  let isBroken = true;
  const { change, said } = reloading(async (part) => {
    if (isBroken && part === 'gmq') throw new Error('gmq does not start; its log is gmq.log');
  });
  await change('packages/gmq/src/run.ts');
  expect(said.slice(1)).toEqual([
    'gmq is down until the next change: gmq does not start; its log is gmq.log',
    'gwe is up again (0.0 s)',
  ]);
  isBroken = false;
  await change('packages/gmq/src/run.ts');
  expect(said.at(-2)).toBe('gmq is up again (0.0 s)');
});

test('what concerns no process is not worth a word', async () => {
  const { change, said, restarted } = reloading();
  await change('packages/testkit/src/index.ts', 'docs/reports.md');
  expect([said, restarted]).toEqual([[], []]);
});
