import { encodeForm } from '@gateway-engine/device-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WaitingPoint } from '../../src/store/points.ts';
import { coveredRows, groupByAlias, planBatch } from '../../src/upload/plan.ts';

const row = fc.record({
  alias: fc.constantFrom('a', 'b', 'temp & time'),
  at: fc.integer({ min: 1_700_000_000, max: 1_700_000_004 }),
  value: fc.string({ unit: 'binary', maxLength: 12 }),
  opensRequest: fc.boolean(),
  gap: fc.integer({ min: 1, max: 3 }),
});
const queue = fc.array(row, { maxLength: 40 }).map((rows) => {
  let id = 0;
  return rows.map(({ gap, ...point }, index): WaitingPoint => {
    id += gap;
    return { ...point, id, opensRequest: index === 0 || point.opensRequest };
  });
});
const limits = fc.record({
  requests: fc.integer({ min: 1, max: 10 }),
  bytes: fc.integer({ min: 1, max: 300 }),
});

/** What the platform keeps of points that come one by one. */
function stored(points: Iterable<{ alias: string; at: number; value: string }>): Map<string, string> {
  return new Map(Array.from(points, ({ alias, at, value }) => [`${at} ${alias}`, value]));
}

function bodyOf(points: Parameters<typeof groupByAlias>[0]): string {
  const pairs = groupByAlias(points).flatMap(([alias, values]) => [
    ['alias', alias] as const,
    ...values.map(([at, value]) => [String(at), value] as const),
  ]);
  return encodeForm(pairs);
}

describe('planBatch', () => {
  it('covers the oldest rows, each once, without a gap', () => {
    fc.assert(
      fc.property(queue, limits, (waiting, bounds) => {
        const { points, more } = planBatch(waiting, bounds);
        const covered = coveredRows(points).sort((a, b) => a - b);
        expect(covered).toEqual(waiting.slice(0, covered.length).map(({ id }) => id));
        expect(more).toBe(covered.length < waiting.length);
        expect(covered.length > 0).toBe(waiting.length > 0);
      }),
    );
  });

  it('sends what the platform would keep of the same rows one by one, each alias and second once', () => {
    fc.assert(
      fc.property(queue, limits, (waiting, bounds) => {
        const { points } = planBatch(waiting, bounds);
        const kept = stored(waiting.slice(0, coveredRows(points).length));
        expect(stored(points)).toEqual(kept);
        expect(points).toHaveLength(kept.size);
      }),
    );
  });

  it('keeps the order of arrival within an alias', () => {
    fc.assert(
      fc.property(queue, limits, (waiting, bounds) => {
        const byAlias = Map.groupBy(planBatch(waiting, bounds).points, ({ alias }) => alias);
        for (const points of byAlias.values()) {
          const ids = points.map(({ id }) => id);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('stays within the limits, unless a single row exceeds them', () => {
    fc.assert(
      fc.property(queue, limits, (waiting, bounds) => {
        const { points } = planBatch(waiting, bounds);
        const covered = coveredRows(points);
        if (covered.length <= 1) return;
        const rows = waiting.slice(0, covered.length);
        expect(rows.filter(({ opensRequest }) => opensRequest).length).toBeLessThanOrEqual(bounds.requests);
        expect(bodyOf(points).length).toBeLessThanOrEqual(bounds.bytes);
      }),
    );
  });

  it('plans the whole queue in the end, whatever the limits', () => {
    fc.assert(
      fc.property(queue, limits, (waiting, bounds) => {
        const platform = new Map<string, string>();
        let left = waiting;
        for (let turn = 0; left.length > 0; turn++) {
          expect(turn).toBeLessThan(100);
          const { points } = planBatch(left, bounds);
          for (const [key, value] of stored(points)) platform.set(key, value);
          left = left.slice(coveredRows(points).length);
        }
        expect(platform).toEqual(stored(waiting));
      }),
    );
  });

  it('reads no more of the queue than it takes and one', () => {
    let read = 0;
    function* endless(): Generator<WaitingPoint> {
      for (;;) yield { id: ++read, alias: 'a', at: read, value: 'x', opensRequest: true };
    }
    const { points, more } = planBatch(endless(), { requests: 5, bytes: 1_000_000 });
    expect(points).toHaveLength(5);
    expect(more).toBe(true);
    expect(read).toBe(6);
  });
});
