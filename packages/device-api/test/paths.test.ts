import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalisePath, paths } from '../src/index.ts';

test.each([
  ['/onep:v1/stack/alias', paths.alias],
  ['/api:v1/stack/alias', paths.alias],
  ['/onep%3Av1/stack/record', paths.record],
  ['/api%3av1/stack/alias/temp', '/onep:v1/stack/alias/temp'],
  ['/api:v1', '/onep:v1'],
])('%s means %s', (given, path) => {
  expect(normalisePath(given)).toBe(path);
});

test.each([
  '/',
  '/timestamp',
  '/onep:v12/stack',
  '/x/onep%3Av1/stack',
  '/api/v1/devices',
  '/ONEP:v1/stack',
  'api:v1',
])('%s stays as it is', (path) => {
  expect(normalisePath(path)).toBe(path);
});

test('only the prefix changes, and only once', () => {
  const prefix = fc.constantFrom('/onep:v1', '/api:v1', '/onep%3Av1', '/api%3av1', '');
  fc.assert(
    fc.property(prefix, fc.webPath(), (start, rest) => {
      const once = normalisePath(start + rest);
      expect(normalisePath(once)).toBe(once);
      expect(once.endsWith(rest)).toBe(true);
    }),
  );
});
