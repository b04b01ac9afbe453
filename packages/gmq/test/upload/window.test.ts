import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpen } from '../../src/upload/window.ts';

const at = (hours: number, minutes: number) => new Date(2026, 5, 15, hours, minutes).getTime();
const minute = fc.integer({ min: 0, max: 1439 });

describe('an upload window', () => {
  it('is open from its first minute to the one before its last, by the local clock', () => {
    const night = { from: 60, to: 300 };
    expect([at(0, 59), at(1, 0), at(4, 59), at(5, 0)].map((now) => isOpen(night, now))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('may go over midnight', () => {
    const late = { from: 23 * 60, to: 30 };
    expect([at(22, 59), at(23, 0), at(0, 29), at(0, 30)].map((now) => isOpen(late, now))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('that is not there is always open', () => {
    expect(isOpen(undefined, 0)).toBe(true);
  });

  it('and its opposite are never open at the same time', () => {
    fc.assert(
      fc.property(minute, minute, minute, (from, to, now) => {
        fc.pre(from !== to);
        const time = at(Math.floor(now / 60), now % 60);
        expect(isOpen({ from, to }, time)).toBe(!isOpen({ from: to, to: from }, time));
      }),
    );
  });
});
