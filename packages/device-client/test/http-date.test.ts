import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHttpDate } from '../src/http-date.ts';

test('every HTTP date gives its seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      expect(parseHttpDate(new Date(seconds * 1000).toUTCString())).toBe(seconds);
    }),
  );
});

test.each([
  undefined,
  '',
  'now',
  '2026',
  '1700000000',
  'Thu, 32 Jan 2026 00:00:00 GMT',
  'Thu, 01 Jan 2026 24:00:00 GMT',
  'Thu, 01 Jan 2026 00:00:00 CET',
  'Thu, 1 Jan 2026 00:00:00 GMT',
])('%j is no HTTP date', (text) => {
  expect(parseHttpDate(text)).toBeUndefined();
});
