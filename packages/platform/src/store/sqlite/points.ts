import type { Kysely } from 'kysely';
import type { NewPoint, Store } from '../port.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Tables } from './tables.ts';

type Points = Pick<Store, 'storePoints' | 'storeWhereFree' | 'latest' | 'oldestAfter' | 'history'>;

// SQLite takes 32766 parameters in a statement.
const pointsPerStatement = 500;

export function sqlitePoints(reader: Kysely<Tables>, commits: CommitQueue): Points {
  return {
    storePoints: async (points) => {
      if (points.length === 0) return;
      const rows = lastOfEach(points);
      await commits.write(async (db) => {
        for (let at = 0; at < rows.length; at += pointsPerStatement) {
          await db
            .insertInto('point')
            .values(rows.slice(at, at + pointsPerStatement))
            .onConflict((conflict) =>
              conflict
                .columns(['resource_id', 'ts'])
                .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
            )
            .execute();
        }
      });
    },

    storeWhereFree: ({ resourceId, ts, value }) =>
      commits.write(async (db) => {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('point')
          .values({ resource_id: resourceId, ts, value })
          .onConflict((conflict) => conflict.columns(['resource_id', 'ts']).doNothing())
          .executeTakeFirst();
        return numInsertedOrUpdatedRows === 1n;
      }),

    latest: async (resourceIds) => {
      if (resourceIds.length === 0) return new Map();
      const rows = await reader
        .selectFrom('resource')
        .innerJoin('point', 'point.resource_id', 'resource.id')
        .select(['point.resource_id', 'point.ts', 'point.value'])
        .where('resource.id', 'in', resourceIds)
        .where('point.ts', '=', (eb) =>
          eb
            .selectFrom('point as other')
            .select((inner) => inner.fn.max('other.ts').as('ts'))
            .whereRef('other.resource_id', '=', 'resource.id'),
        )
        .execute();
      return new Map(rows.map(({ resource_id, ts, value }) => [resource_id, { ts, value }]));
    },

    oldestAfter: (resourceId, after) =>
      reader
        .selectFrom('point')
        .select(['ts', 'value'])
        .where('resource_id', '=', resourceId)
        .where('ts', '>', after)
        .orderBy('ts', 'asc')
        .limit(1)
        .executeTakeFirst(),

    history: (resourceId, { start, end, limit, sort }) =>
      reader
        .selectFrom('point')
        .select(['ts', 'value'])
        .where('resource_id', '=', resourceId)
        .where('ts', '>=', start)
        .where('ts', '<=', end)
        .orderBy('ts', sort)
        .limit(limit)
        .execute(),
  };
}

/** Within one call, too, a later point replaces an earlier one of the same second. */
function lastOfEach(points: readonly NewPoint[]): { resource_id: number; ts: number; value: string }[] {
  const rows = points.map(({ resourceId, ts, value }) => ({ resource_id: resourceId, ts, value }));
  return [...new Map(rows.map((row) => [`${row.resource_id} ${row.ts}`, row])).values()];
}
