import { describe, expect, it } from 'vitest';
import { readInterval } from '../../src/check-in/update-interval.ts';

describe('the update interval that the platform wants', () => {
  it.each([
    ['1', 1],
    [' 14400 ', 14_400],
    ['2678400', 2_678_400],
  ])('%j is taken', (text, seconds) => {
    expect(readInterval(text)).toEqual({ kind: 'seconds', seconds });
  });

  it.each(['0', '-5', '2678401', '999999999999', '1.5', 'soon'])('%j is refused with the bounds', (text) => {
    expect(readInterval(text)).toEqual({
      kind: 'bad',
      problem: `update_interval "${text}" is no whole number of seconds from 1 to 2678400 (31 days); it was ignored`,
    });
  });

  it.each([undefined, '', ' '])('%j asks for nothing', (text) => {
    expect(readInterval(text)).toEqual({ kind: 'none' });
  });
});
