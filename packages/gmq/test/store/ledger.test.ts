import { openDatabase } from '@gateway-engine/host';
import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unbounded } from '../../src/store/bounds.ts';
import { QueueStore } from '../../src/store/queue-store.ts';
import { migrations } from '../../src/store/schema.ts';

const callers = ['a', 'b', 'c'].map((letter) => ({ cik: letter.repeat(40) }));
const text = fc.string({ unit: 'binary', maxLength: 20 });

const step = fc.oneof(
  fc.record({
    do: fc.constant('accept' as const),
    caller: fc.nat(2),
    points: fc.array(fc.record({ alias: text, at: fc.nat(9), value: text }), { maxLength: 5 }),
  }),
  fc.record({
    do: fc.constantFrom('upload' as const, 'refuse' as const),
    identity: fc.integer({ min: 1, max: 3 }),
    count: fc.nat(4),
  }),
  fc.record({ do: fc.constant('pass time' as const), ms: fc.constantFrom(1000, 20_000, 200_000) }),
  fc.record({ do: fc.constant('fail' as const) }),
);

describe('the figures of an identity', () => {
  it('agree with the rows, and every point is accounted for, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const database = openDatabase(':memory:', migrations);
        const clock = new FakeClock();
        const bounds = {
          ...unbounded,
          maxBytes: 900,
          identityBytes: 500,
          whenFull: 'drop-oldest' as const,
          deadLetterBytes: 300,
          timeToLiveMs: 60_000,
        };
        const priorityOf = (alias: string) => (alias.length % 3) as 0 | 1 | 2;
        const store = new QueueStore(database, { clock, bounds: () => bounds, priorityOf });
        for (const one of steps) {
          if (one.do === 'accept') {
            const caller = callers[one.caller] ?? { cik: '' };
            await store.acceptMany([{ caller, points: one.points }], 0).catch(() => undefined);
          } else if (one.do === 'pass time') {
            await clock.advance(one.ms);
            await store.tidy();
          } else if (one.do === 'fail') {
            // The limit makes the commit fail in its middle, as a full disk does.
            const pages = database.prepare('PRAGMA page_count').get()?.page_count;
            database.exec(`PRAGMA max_page_count = ${pages}`);
            const large = { alias: 'x', at: 1, value: 'y'.repeat(400) };
            await store.accept({ cik: 'a'.repeat(40) }, [large], 0).catch(() => undefined);
            database.exec('PRAGMA max_page_count = 100000');
          } else {
            const rows = [...store.waiting(one.identity, Number.MAX_SAFE_INTEGER)].slice(0, one.count);
            const ids = rows.map(({ id }) => id);
            if (one.do === 'upload') await store.removeUploaded(one.identity, ids, Math.min(1, ids.length));
            else await store.setAside(one.identity, ids, 'no', 0);
          }
          check(database, store);
        }
        store.close();
      }),
      { numRuns: 60 },
    );
  });
});

function check(database: ReturnType<typeof openDatabase>, store: QueueStore): void {
  const rows = database
    .prepare(
      `SELECT *, (SELECT count(*) FROM record WHERE identity = identity.id) AS points,
         (SELECT coalesce(sum(32 + octet_length(alias) + octet_length(value)), 0) FROM record
          WHERE identity = identity.id) AS point_bytes
       FROM identity`,
    )
    .all();
  let total = 0;
  for (const row of rows) {
    const { id, waiting, bytes, accepted, uploaded, merged, refused, dropped, expired } = row as Record<
      string,
      number
    >;
    expect([waiting, bytes]).toEqual([row.points, row.point_bytes]);
    expect(store.waitingOf(Number(id))).toEqual({ waiting, bytes });
    expect(accepted).toBe(
      [waiting, uploaded, merged, refused, dropped, expired].reduce<number>(
        (sum, count) => sum + Number(count),
        0,
      ),
    );
    expect(bytes).toBeLessThanOrEqual(500);
    total += Number(bytes);
  }
  expect(total).toBeLessThanOrEqual(900);
  const letters = database
    .prepare(
      `SELECT coalesce(sum(32 + octet_length(alias) + octet_length(value) + octet_length(reason)), 0) AS bytes
       FROM dead_letter`,
    )
    .get();
  expect(Number(letters?.bytes)).toBeLessThanOrEqual(300);
}
