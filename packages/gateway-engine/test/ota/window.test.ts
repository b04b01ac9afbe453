import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatWindow, isOpen, opensAt, parseWindow, type UpdateWindow } from '../../src/ota/window.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const noon = Date.UTC(2026, 2, 1, 12);

describe('the hours for updates', () => {
  it.each([
    ['01:00-05:00', { from: 60, to: 300, utc: false }],
    ['23:30-00:15 UTC', { from: 1410, to: 15, utc: true }],
    ['00:00-24:00 UTC', { from: 0, to: 1440, utc: true }],
  ])('%s are understood', (text, window) => {
    expect(parseWindow(text)).toEqual(window);
  });

  it.each(['1:00-5:00', '01:00-01:00', '24:00-05:00', '01:60-05:00', '01:00', '01:00-05:00 CET', ''])(
    '"%s" is refused',
    (text) => {
      expect(parseWindow(text)).toBeUndefined();
    },
  );

  it('are in UTC only when that is said', () => {
    const local = new Date(2026, 5, 1, 2, 30).getTime();
    expect(isOpen({ from: 120, to: 180, utc: false }, local)).toBe(true);
    expect(isOpen({ from: 120, to: 180, utc: true }, Date.UTC(2026, 5, 1, 2, 30))).toBe(true);
    expect(isOpen({ from: 120, to: 180, utc: true }, Date.UTC(2026, 5, 1, 3, 0))).toBe(false);
  });

  it('may go over midnight', () => {
    const window = parseWindow('23:00-01:00 UTC') as UpdateWindow;
    const open = [22, 23, 0, 1].map((hour) => isOpen(window, Date.UTC(2026, 2, 1, hour, 30)));
    expect(open).toEqual([false, true, true, false]);
  });

  it('open at the next moment that is within them, and not before, whatever the hours and the moment', () => {
    const minutes = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minutes, minutes, fc.integer({ min: 0, max: 3 * day }), (from, to, later) => {
        fc.pre(from !== to);
        const window = { from, to, utc: true };
        const now = noon + later;
        const opens = opensAt(window, now);
        expect(isOpen(window, opens)).toBe(true);
        expect(opens - now).toBeLessThanOrEqual(day);
        if (opens > now) expect(isOpen(window, opens - 1)).toBe(false);
        expect(parseWindow(formatWindow(window))).toEqual(window);
      }),
    );
  });
});
