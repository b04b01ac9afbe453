import { expect, test } from 'vitest';
import { checkImports, findCycles, type SourceFile } from '../import-rules.ts';

const file = (
  path: string,
  workspace: string,
  ...imports: [specifier: string, path: string, workspace: string][]
): SourceFile => ({
  path,
  workspace,
  imports: imports.map(([specifier, target, of]) => ({ specifier, line: 1, path: target, workspace: of })),
});

test('an import of a lower floor passes', () => {
  const source = file('packages/gmq/src/a.ts', 'gmq', [
    '@gateway-engine/host',
    'packages/host/src/index.ts',
    'host',
  ]);
  expect(checkImports([source])).toEqual([]);
});

test('an import of a higher floor is refused, naming file and line', () => {
  const source = file('packages/host/src/a.ts', 'host', [
    '@gateway-engine/gmq',
    'packages/gmq/src/index.ts',
    'gmq',
  ]);
  expect(checkImports([source])).toEqual([
    'packages/host/src/a.ts:1: "@gateway-engine/gmq" is not below host; a package imports only from lower floors',
  ]);
});

test('an import of the same floor is refused', () => {
  const source = file('packages/gmq/src/a.ts', 'gmq', [
    '@gateway-engine/platform',
    'packages/platform/src/index.ts',
    'platform',
  ]);
  expect(checkImports([source])).toHaveLength(1);
});

test('the testkit is for tests only', () => {
  const target: [string, string, string] = [
    '@gateway-engine/testkit',
    'packages/testkit/src/index.ts',
    'testkit',
  ];
  expect(checkImports([file('packages/gmq/src/a.ts', 'gmq', target)])).toHaveLength(1);
  expect(checkImports([file('packages/gmq/test/a.test.ts', 'gmq', target)])).toEqual([]);
});

test('a relative path into another package is refused', () => {
  const source = file('packages/gmq/src/a.ts', 'gmq', [
    '../../host/src/clock.ts',
    'packages/host/src/clock.ts',
    'host',
  ]);
  expect(checkImports([source])[0]).toContain('reaches into another package');
});

test('a cycle of files is found once, wherever the search starts', () => {
  const files = [
    file('entry.ts', 'gmq', ['./a.ts', 'a.ts', 'gmq']),
    file('a.ts', 'gmq', ['./b.ts', 'b.ts', 'gmq']),
    file('b.ts', 'gmq', ['./c.ts', 'c.ts', 'gmq']),
    file('c.ts', 'gmq', ['./a.ts', 'a.ts', 'gmq']),
  ];
  expect(findCycles(files)).toEqual([['a.ts', 'b.ts', 'c.ts', 'a.ts']]);
});
