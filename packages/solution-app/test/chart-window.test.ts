import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChartWindow,
  chartable,
  columnsOf,
  lonePoints,
  nextStart,
  slide,
  summaryOf,
} from '../src/chart/chart-window.ts';
import { numericResources, resourceToShowFirst } from '../src/chart/numeric-resources.ts';

const resource = (alias: string, format: 'string' | 'float', value: string | null, ts = 1) => ({
  alias,
  format,
  settable: false,
  latest: value === null ? null : { value, ts },
});

describe('the chart window', () => {
  it('asks for all of itself first, then for the newest seconds, and for all again after a while', () => {
    let window = slide(undefined, [], nextStart(undefined, 1000, 120), 1000, 120);
    expect(window).toEqual({ points: [], now: 1000, wholeAt: 1000 });
    expect(nextStart(window, 1001, 120)).toBe(990);
    window = slide(window, [], 990, 1001, 120);
    expect(window.wholeAt).toBe(1000);
    expect(nextStart(window, 1015, 120)).toBe(1015 - 120);
  });

  it('is asked for whole again when the clock of the platform went back', () => {
    expect(nextStart({ points: [], now: 1000, wholeAt: 1000 }, 900, 120)).toBe(780);
  });

  it('takes the platform’s points for the part it asked for, so that replaced and removed ones follow', () => {
    const window: ChartWindow = {
      points: [
        [980, 1],
        [995, 2],
        [996, 3],
      ],
      now: 1000,
      wholeAt: 1000,
    };
    const next = slide(
      window,
      [
        [1001, '5'],
        [995, '4'],
      ],
      990,
      1001,
      120,
    );
    expect(next.points).toEqual([
      [980, 1],
      [995, 4],
      [1001, 5],
    ]);
  });

  it('leaves out values that are no numbers', () => {
    expect(
      slide(
        undefined,
        [
          [10, 'off'],
          [11, ''],
          [12, '1e400'],
          [13, ' 2.5 '],
        ],
        0,
        20,
        120,
      ).points,
    ).toEqual([[13, 2.5]]);
  });

  it('shows after any polls what the platform has in the window, points that arrive late at most 15 s later', () => {
    const writes = fc.array(
      fc.record({
        wait: fc.integer({ min: 1, max: 5 }),
        late: fc.integer({ min: 0, max: 200 }),
        value: fc.integer(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(writes, fc.constantFrom(20, 120), (script, seconds) => {
        const stored = new Map<number, string>();
        let now = 10_000;
        let window: ChartWindow | undefined;
        const poll = () => {
          const start = nextStart(window, now, seconds);
          const arrived = [...stored].filter(([ts]) => ts >= start).reverse();
          window = slide(window, arrived, start, now, seconds);
        };
        for (const { wait, late, value } of script) {
          now += wait;
          stored.set(now - late, String(value));
          poll();
        }
        now += 15;
        poll();
        const expected = [...stored]
          .filter(([ts]) => ts >= now - seconds)
          .sort((a, b) => a[0] - b[0])
          .map(([ts, value]) => [ts, Number(value)]);
        expect(window?.points).toEqual(expected);
      }),
    );
  });
});

describe('the columns to draw', () => {
  it('break the line where points are missing', () => {
    expect(
      columnsOf([
        [1, 10],
        [2, 11],
        [3, 12],
        [60, 13],
        [61, 14],
      ]),
    ).toEqual([
      [1, 2, 3, 31.5, 60, 61],
      [10, 11, 12, null, 13, 14],
    ]);
  });

  it('do not break it where points are rare but regular', () => {
    const points = [0, 300, 600, 900].map((ts) => [ts, 1] as const);
    expect(columnsOf(points)[1]).not.toContain(null);
  });

  it('have points that no line reaches', () => {
    expect(lonePoints([1, null, 2, 3, null, 4, null, null, 5])).toEqual([0, 5, 8]);
    expect(lonePoints([])).toEqual([]);
  });

  it('of nothing are empty', () => {
    expect(columnsOf([])).toEqual([[], []]);
  });
});

describe('the summary', () => {
  it('of no points is none', () => {
    expect(summaryOf([])).toBeUndefined();
  });

  it('has the mean between the extremes, however large the values', () => {
    const points = fc.array(fc.tuple(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(points, (some) => {
        const summary = summaryOf(some)!;
        const slack = Math.max(Math.abs(summary.minimum), Math.abs(summary.maximum)) * 1e-9;
        expect(summary.mean).toBeGreaterThanOrEqual(summary.minimum - slack);
        expect(summary.mean).toBeLessThanOrEqual(summary.maximum + slack);
      }),
    );
  });
});

describe('the resource to chart', () => {
  it('is one whose format or newest value is a number', () => {
    const resources = [
      resource('level', 'float', null),
      resource('text', 'string', 'hello'),
      resource('digits', 'string', '42'),
      resource('update_interval', 'string', '60'),
      resource('unset', 'string', ''),
    ];
    expect(numericResources(resources)).toEqual(['level', 'digits']);
  });

  it('is sine-data first, else the one written last', () => {
    const some = [
      resource('a', 'float', '1', 5),
      resource('b', 'float', '1', 9),
      resource('c', 'float', null),
    ];
    expect(resourceToShowFirst(some)).toBe('b');
    expect(resourceToShowFirst([...some, resource('sine-data', 'float', null)])).toBe('sine-data');
    expect(resourceToShowFirst([resource('text', 'string', 'x')])).toBeUndefined();
  });

  it.each(['', ' ', 'NaN', 'Infinity', '1 2', 'x'])('cannot draw %j', (text) => {
    expect(chartable(text)).toBeUndefined();
  });
});
