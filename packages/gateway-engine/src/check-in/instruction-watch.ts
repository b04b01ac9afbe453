/**
 * What is known of the series of `engine_fetch`, so that a long poll neither misses a point nor acts on one twice.
 *
 * The server keeps one point for each second, and a poll gives the oldest point strictly later than its start. Were
 * the start the second of the newest point, an instruction written later within that same second, in place of the point
 * we know, would never be seen. So the start stays one second before, until an answer's `Date` shows that
 * the server's clock has left that second.
 */
export interface InstructionWatch {
  /** Start of the next poll, seconds; undefined: points after the request only. */
  readonly since: number | undefined;
  /** The newest point known; of one that was read without its time, the latest time it can have. */
  readonly newest: { readonly at: number; readonly value: string } | undefined;
}

export const unknownSeries: InstructionWatch = { since: undefined, newest: undefined };

/**
 * The series begins with an ordinary read, which gives the newest value but not its time: no point before it counts.
 * From then on only polls move on, since a read would skip what was written between the last poll and itself.
 */
export function afterRead(
  watch: InstructionWatch,
  read: { readonly date: number | undefined; readonly value: string },
): InstructionWatch {
  if (read.date === undefined) return watch;
  return { since: read.date - 1, newest: { at: read.date, value: read.value } };
}

export interface PolledPoint {
  readonly value: string;
  readonly modified: number;
  /** The server's clock when it answered. */
  readonly date: number;
}

export interface Polled {
  readonly watch: InstructionWatch;
  /** An instruction that was not seen before. */
  readonly instruction: string | undefined;
  /** Whether the same point will be given again, until the server's second is over. */
  readonly repeats: boolean;
}

export function afterPoll(watch: InstructionWatch, point: PolledPoint): Polled {
  const { newest } = watch;
  const isKnown = newest !== undefined && point.modified <= newest.at && point.value === newest.value;
  const secondIsOver = point.date > point.modified;
  return {
    watch: {
      since: secondIsOver ? point.modified : point.modified - 1,
      newest: { at: point.modified, value: point.value },
    },
    instruction: isKnown || point.value === '' ? undefined : point.value,
    repeats: !secondIsOver,
  };
}
