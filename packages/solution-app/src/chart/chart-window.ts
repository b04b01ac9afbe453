/**
 * What the live chart holds: the points of a window of time that ends now. Each poll asks only for the newest part;
 * now and then the whole window is asked for again, because a queue that was cut off records older points later.
 */
export type ChartPoint = readonly [ts: number, value: number];

export interface ChartWindow {
  /** Ascending, one per second at most, none older than the window. */
  readonly points: readonly ChartPoint[];
  /** The platform's time at the last poll. */
  readonly now: number;
  /** The platform's time when the whole window was asked for. */
  readonly wholeAt: number;
}

export const windows = [
  { label: '2 min', seconds: 120 },
  { label: '15 min', seconds: 900 },
  { label: '1 h', seconds: 3600 },
] as const;

/** Points of the last seconds are asked for again: they may have been stored after the poll before, or replaced. */
const OVERLAP = 10;
const WHOLE_EVERY = 15;

/** From when on points are needed. */
export function nextStart(previous: ChartWindow | undefined, now: number, seconds: number): number {
  const windowStart = now - seconds;
  if (previous === undefined || now < previous.now || now - previous.wholeAt >= WHOLE_EVERY)
    return windowStart;
  return Math.max(windowStart, previous.now - OVERLAP);
}

/** The window after `arrived`, all the points the platform has from `start` on, in any order. */
export function slide(
  previous: ChartWindow | undefined,
  arrived: readonly (readonly [ts: number, value: string])[],
  start: number,
  now: number,
  seconds: number,
): ChartWindow {
  const windowStart = now - seconds;
  const kept = (previous?.points ?? []).filter(([ts]) => ts >= windowStart && ts < start);
  const fresh = arrived.flatMap(([ts, text]): ChartPoint[] => {
    const value = chartable(text);
    return value === undefined || ts < windowStart || ts < start ? [] : [[ts, value]];
  });
  fresh.sort((a, b) => a[0] - b[0]);
  const whole = start <= windowStart;
  return { points: [...kept, ...fresh], now, wholeAt: whole ? now : (previous?.wholeAt ?? now) };
}

/** The number a value is, if it is one that can be drawn. */
export function chartable(text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * The columns to draw. Where points are missing (much further apart than usual) the line is broken by a null, for a
 * straight line there would claim values that nobody measured.
 */
export function columnsOf(points: readonly ChartPoint[]): [xs: number[], ys: (number | null)[]] {
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  const longest = Math.max(5, 4 * medianStep(points));
  let before: number | undefined;
  for (const [ts, value] of points) {
    if (before !== undefined && ts - before > longest) {
      xs.push((before + ts) / 2);
      ys.push(null);
    }
    xs.push(ts);
    ys.push(value);
    before = ts;
  }
  return [xs, ys];
}

/** Where a point stands alone between breaks: a line cannot show it, so it needs a mark. */
export function lonePoints(ys: ArrayLike<number | null | undefined>): number[] {
  const missing = (index: number) => ys[index] === null || ys[index] === undefined;
  return Array.from({ length: ys.length }, (_, index) => index).filter(
    (index) => !missing(index) && missing(index - 1) && missing(index + 1),
  );
}

function medianStep(points: readonly ChartPoint[]): number {
  const steps = points.slice(1).map(([ts], index) => ts - (points[index]?.[0] ?? ts));
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

export interface Summary {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
}

export function summaryOf(points: readonly ChartPoint[]): Summary | undefined {
  if (points.length === 0) return undefined;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let mean = 0;
  for (const [index, [, value]] of points.entries()) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    // Divided before subtracting: two huge values of opposite sign have a difference that is no number.
    mean += value / (index + 1) - mean / (index + 1);
  }
  return { minimum, maximum, mean };
}
