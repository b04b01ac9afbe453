import { assert, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { closest, editsBetween } from '../../src/command-line/closest.ts';

it.each([
  ['stauts', 'status'],
  ['statu', 'status'],
  ['stat', 'status'],
  ['conifg', 'config'],
  ['removes', 'remove'],
  ['Keys', 'keys'],
  ['nonsense', undefined],
  ['x', undefined],
  ['', undefined],
])('%j means %j', (word, meant) => {
  expect(closest(word, ['status', 'config', 'remove', 'keys'])).toBe(meant);
});

it('the distance of two words is the same both ways, none for equal ones, and at most the longer length', () => {
  assert(
    property(string(), string(), (one, other) => {
      const edits = editsBetween(one, other);
      expect(edits).toBe(editsBetween(other, one));
      expect(edits === 0).toBe(one === other);
      expect(edits).toBeLessThanOrEqual(Math.max(one.length, other.length));
      expect(edits).toBeGreaterThanOrEqual(Math.abs(one.length - other.length));
    }),
  );
});
