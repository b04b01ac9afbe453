import { encodeForm, type FormPart, limits } from '@gateway-engine/device-api';
import type { OfferedPoint } from './accept-points.ts';

/** What a record call carries; or the points of one alias that claim the same second; or that it cannot be read. */
export type RecordForm =
  | { readonly points: readonly OfferedPoint[] }
  | { readonly conflict: string }
  | { readonly malformed: true };

const malformed: RecordForm = { malformed: true };

/**
 * Reads the form of a record call (spec section 3.5): `alias=<a>&<ts>=<v>&...&alias=<b>&...`, or, with `pathAlias`,
 * the older form whose alias is in the path: `<ts>=<v>&...`. `now` is where negative timestamps count back from.
 *
 * `conflict` is the body of the 409: `<alias>=<ts>` for the first second that two points of an alias claim.
 */
export function parseRecordForm(
  form: readonly FormPart[],
  now: number,
  pathAlias: string | undefined,
): RecordForm {
  const points: OfferedPoint[] = [];
  const taken = new Map<string, Set<number>>();
  const conflicts = new Map<string, number>();
  let alias = pathAlias;
  for (const [name, value] of form) {
    if (value === undefined) return malformed;
    if (name === 'alias' && pathAlias === undefined) {
      alias = value;
      continue;
    }
    const ts = parseTimestamp(name, now);
    if (ts === undefined || alias === undefined) return malformed;
    const seconds = taken.get(alias) ?? new Set();
    if (seconds.has(ts) && !conflicts.has(alias)) conflicts.set(alias, ts);
    taken.set(alias, seconds.add(ts));
    points.push({ alias, ts, value });
  }
  if (conflicts.size > 0) {
    return { conflict: encodeForm(Array.from(conflicts, ([name, ts]) => [name, String(ts)])) };
  }
  return { points };
}

/**
 * Whole seconds since 1970; a fraction is cut off, a negative number is an offset back from `now`. Undefined as well for
 * a second that no HTTP date tells: a long poll could not say when such a point was, nor go on from there.
 */
function parseTimestamp(text: string, now: number): number | undefined {
  const match = /^([+-]?)(\d{1,15})(?:\.\d*)?$/.exec(text.trim());
  if (!match) return undefined;
  const seconds = Number(match[2]);
  const ts = match[1] === '-' ? now - seconds : seconds;
  return ts >= 0 && ts <= limits.latestSecond ? ts : undefined;
}
