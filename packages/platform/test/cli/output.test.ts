import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fields, printable, shortened, showAge, showBytes, showTime, table } from '../../src/cli/output.ts';

test('a table is aligned under its headings, without blanks at the ends of lines', () => {
  expect(
    table(
      ['DEVICE', 'STATUS'],
      [
        ['gw-1', 'activated'],
        ['a-longer-name', ''],
      ],
    ),
  ).toEqual(['DEVICE         STATUS', 'gw-1           activated', 'a-longer-name']);
});

test('wide characters count as two columns', () => {
  const [, wide, narrow] = table(
    ['A', 'B'],
    [
      ['温度', 'x'],
      ['abcd', 'x'],
    ],
  );
  expect([wide, narrow]).toEqual(['温度  x', 'abcd  x']);
});

test('nothing that a device writes reaches the terminal as a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const shown = [...table(['VALUE'], [[value]]), ...fields([['value', value]])].join('');
      expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
    }),
  );
  expect(printable('one\ntwo\u001b[31m')).toBe('one\\ntwo\\u{1b}[31m');
});

test('a text is shortened to its limit, between characters', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme-composite' }),
      fc.integer({ min: 1, max: 40 }),
      (text, length) => {
        const short = shortened(text, length);
        expect(Array.from(short).length).toBeLessThanOrEqual(length);
        if (short !== text) expect(short.endsWith('…')).toBe(true);
        expect(short.isWellFormed()).toBe(true);
      },
    ),
  );
});

test('times, ages and sizes read as people write them', () => {
  expect(showTime(1767225605)).toBe('2026-01-01 00:00:05Z');
  expect(showTime(1e15)).toBe('1000000000000000');
  const now = 1_000_000;
  expect([5, 119, 120, 7199, 7200, 172_800].map((age) => showAge(now - age, now))).toEqual([
    '5 s ago',
    '119 s ago',
    '2 min ago',
    '119 min ago',
    '2 h ago',
    '2 days ago',
  ]);
  expect(showAge(now + 5, now)).toBe('in the future');
  expect([0, 1023, 1024, 5_000_000, 3 * 1024 ** 3].map(showBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '4.8 MiB',
    '3.0 GiB',
  ]);
});
