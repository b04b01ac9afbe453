import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryBytes, bytes, counted, measured } from '../src/format/quantity.ts';
import {
  clockTime,
  dateTime,
  duration,
  machineTime,
  relativeTime,
  timeSeenFrom,
} from '../src/format/time.ts';
import { shownText } from '../src/format/untrusted-text.ts';

describe('a length of time', () => {
  it.each([
    [0, '0 s'],
    [59.9, '59 s'],
    [200, '3 min 20 s'],
    [3600, '1 h'],
    [14_700, '4 h 5 min'],
    [86_400 * 12 + 3 * 3600 + 59, '12 d 3 h'],
    [-4, '0 s'],
  ])('of %d seconds reads %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('a time seen from now', () => {
  it.each([
    [1000, 'just now'],
    [996, 'just now'],
    [990, '10 s ago'],
    [1000 - 61, '1 min ago'],
    [1000 - 3 * 3600, '3 h ago'],
    [1000 - 86_400 * 3, '3 days ago'],
    [1000 + 400, 'in 6 min'],
  ])('at %d reads %s', (ts, text) => {
    expect(relativeTime(ts, 1000)).toBe(text);
  });

  it('has its date only on another day', () => {
    const noon = new Date(2024, 4, 31, 12, 0, 5).getTime() / 1000;
    expect(timeSeenFrom(noon, noon + 60)).toBe('12:00:05');
    expect(timeSeenFrom(noon, noon + 86_400)).toBe('2024-05-31 12:00:05');
  });

  it('is a number when it is beyond any calendar', () => {
    expect(dateTime(1e15)).toBe('1000000000000000 s');
    expect(clockTime(1e15)).toBe('1000000000000000 s');
    expect(machineTime(1e15)).toBe('');
  });

  it('can be shown whatever number of seconds it is', () => {
    const seconds = fc.maxSafeInteger();
    fc.assert(
      fc.property(seconds, seconds, (ts, now) => {
        for (const text of [relativeTime(ts, now), timeSeenFrom(ts, now), machineTime(ts), clockTime(ts)]) {
          expect(text).not.toContain('NaN');
        }
      }),
    );
  });
});

describe('a quantity', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [12_345, '12.3 kB'],
    [999_960, '1.0 MB'],
    [5e15, '5000 TB'],
  ])('of %d bytes reads %s', (amount, text) => {
    expect(bytes(amount)).toBe(text);
  });

  it('of memory counts in powers of 1024', () => {
    expect(binaryBytes(2 * 1024 ** 3)).toBe('2.0 GiB');
    expect(binaryBytes(512 * 1024 ** 2)).toBe('512 MiB');
  });

  it('that was measured keeps six digits', () => {
    expect(measured(0.1 + 0.2)).toBe('0.3');
    expect(measured(-0.000123456789)).toBe('-0.000123457');
    expect(measured(12_345_678)).toBe('12345678');
  });

  it('that was counted has its noun in the right number', () => {
    expect([0, 1, 2].map((n) => counted(n, 'gateway'))).toEqual(['0 gateways', '1 gateway', '2 gateways']);
  });
});

describe('text of a gateway', () => {
  it('loses what colours a terminal', () => {
    expect(shownText('\u001b[1;31mfailed\u001b[0m \u001b]0;title\u0007done')).toBe('failed done');
  });

  it('shows other control characters and changes of reading direction as replaced', () => {
    expect(shownText('a\u0000b\tc\r\nd\u202ee')).toBe('a\ufffdb\tc\nd\ufffde');
  });

  it('is cut, and says so', () => {
    expect(shownText('x'.repeat(20_005))).toBe(`${'x'.repeat(20_000)}\n… 5 more characters`);
  });

  it('without any of that stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!/\p{Cc}/u.test(text));
        expect(shownText(text)).toBe(text);
      }),
    );
  });
});
