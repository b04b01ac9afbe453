/** One figure of a benchmark beside the one of its peer, as it is printed: a JSON line. */
export interface Result {
  readonly bench: string;
  readonly metric: string;
  readonly unit: string;
  /** Median of the rounds. */
  readonly ours: number;
  /** What ran beside it in the same run. */
  readonly peer: string;
  readonly theirs: number | null;
  /** ours / theirs. */
  readonly ratio: number | null;
  readonly rounds: number;
  /** Smallest and largest of the rounds. */
  readonly spread: readonly [smallest: number, largest: number];
  /** The bound in words. */
  readonly goal: string;
  /** Whether the figures of this run keep it. */
  readonly met: boolean;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('no figures to take the median of');
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Makes a result of the rounds of both sides; `met` judges the two medians. */
export function compare(
  what: Pick<Result, 'bench' | 'metric' | 'unit' | 'peer' | 'goal'>,
  ours: readonly number[],
  theirs: readonly number[],
  met: (ours: number, theirs: number) => boolean,
): Result {
  const mine = median(ours);
  const other = theirs.length === 0 ? null : median(theirs);
  return {
    ...what,
    ours: rounded(mine),
    theirs: other === null ? null : rounded(other),
    ratio: other === null || other === 0 ? null : rounded(mine / other),
    rounds: ours.length,
    spread: [rounded(Math.min(...ours)), rounded(Math.max(...ours))],
    met: met(mine, other ?? Number.NaN),
  };
}

export function print(result: Result): void {
  const { bench, metric, unit, ours, peer, theirs, ratio, rounds, spread, goal, met } = result;
  const line = { bench, metric, unit, ours, peer, theirs, ratio, rounds, spread, goal, met };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
