import { encodeFormText } from '@gateway-engine/device-api';
import type { WaitingPoint } from '../store/points.ts';

/** A point to be sent, and the rows of the queue that are done with once the platform has it. */
export interface PlannedPoint {
  /** Row of this point. */
  readonly id: number;
  readonly alias: string;
  readonly at: number;
  readonly value: string;
  /** Rows of the same alias and second that came before it: the platform would keep the last one only. */
  readonly merged: readonly number[];
}

export interface BatchLimits {
  /** At most this many queued requests. */
  readonly requests: number;
  /** At most this many bytes of body, unless a single point is larger. */
  readonly bytes: number;
}

export interface Batch {
  readonly points: readonly PlannedPoint[];
  /** About the length of the body, merged points included. */
  readonly bytes: number;
  /** Whether the limits left points waiting. */
  readonly more: boolean;
}

const none: readonly number[] = [];

/**
 * What one upload carries: the oldest waiting points, as many as the limits allow, one for each alias and second (the
 * last that came). The points are in the order of their alias's first appearance and, within an alias, in the order
 * they came. Reads no more of `waiting` than it takes and one.
 */
export function planBatch(waiting: Iterable<WaitingPoint>, limits: BatchLimits): Batch {
  const aliases = new Map<string, Map<number, PlannedPoint>>();
  let requests = 0;
  let bytes = 0;
  for (const point of waiting) {
    requests += point.opensRequest ? 1 : 0;
    const more = bodyBytes(point, !aliases.has(point.alias));
    // The first row may be the rest of a request that is partly gone.
    if (aliases.size > 0 && (requests > limits.requests || bytes + more > limits.bytes)) {
      return { points: pointsOf(aliases), bytes, more: true };
    }
    bytes += more;
    const points = aliases.get(point.alias) ?? new Map<number, PlannedPoint>();
    aliases.set(point.alias, points);
    const before = points.get(point.at);
    const merged = before ? [...before.merged, before.id] : none;
    // Behind the others of its alias: order of arrival, also for a replaced one.
    points.delete(point.at);
    points.set(point.at, { id: point.id, alias: point.alias, at: point.at, value: point.value, merged });
  }
  return { points: pointsOf(aliases), bytes, more: false };
}

function pointsOf(aliases: ReadonlyMap<string, ReadonlyMap<number, PlannedPoint>>): PlannedPoint[] {
  return [...aliases.values()].flatMap((points) => [...points.values()]);
}

/** The points by alias, as the record call takes them. */
export function groupByAlias(
  points: readonly PlannedPoint[],
): [alias: string, points: [at: number, value: string][]][] {
  const groups = new Map<string, [number, string][]>();
  for (const { alias, at, value } of points) {
    const group = groups.get(alias);
    if (group) group.push([at, value]);
    else groups.set(alias, [[at, value]]);
  }
  return [...groups];
}

/** All rows that are done with once the platform has these points. */
export function coveredRows(points: readonly PlannedPoint[]): number[] {
  const rows: number[] = [];
  for (const { id, merged } of points) rows.push(...merged, id);
  return rows;
}

function bodyBytes(point: WaitingPoint, opensGroup: boolean): number {
  const group = opensGroup ? '&alias='.length + encodeFormText(point.alias).length : 0;
  return group + `&${point.at}=`.length + encodeFormText(point.value).length;
}
