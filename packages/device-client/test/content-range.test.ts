import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseContentRange } from '../src/content-range.ts';

test('any range within a content is read back', () => {
  const size = fc.integer({ min: 0, max: 2 ** 40 });
  fc.assert(
    fc.property(size, size, size, (first, length, rest) => {
      const last = first + length;
      const total = last + 1 + rest;
      expect(parseContentRange(`bytes ${first}-${last}/${total}`)).toEqual({ first, last, total });
    }),
  );
});

test.each([
  undefined,
  '',
  'bytes */10',
  'bytes 1-2/*',
  'bytes 2-1/10',
  'bytes 0-10/10',
  '0-1/10',
  'bytes -1-2/3',
])('%j is no range of known size', (header) => {
  expect(parseContentRange(header)).toBeUndefined();
});
