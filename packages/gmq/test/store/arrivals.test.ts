import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '@gateway-engine/host';
import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bounds } from '../../src/store/bounds.ts';
import { QueueFullError, unbounded } from '../../src/store/bounds.ts';
import type { Entry } from '../../src/store/points.ts';
import { QueueStore } from '../../src/store/queue-store.ts';
import { migrations } from '../../src/store/schema.ts';

const callers = ['a', 'b', 'c'].map((letter) => ({ cik: letter.repeat(40) }));

const entry = fc.record({
  caller: fc.constantFrom(...callers),
  points: fc.array(
    fc.record({
      alias: fc.constantFrom('low', 'some', 'high'),
      at: fc.nat(99),
      value: fc.string({ unit: 'grapheme', maxLength: 90 }),
    }),
    { maxLength: 4 },
  ),
});
const request = fc.array(entry, { maxLength: 3 });
const bounds = fc.record({
  maxBytes: fc.constantFrom(1_500, 6_000, 1e9),
  identityBytes: fc.constantFrom(undefined, 900),
  whenFull: fc.constantFrom('reject' as const, 'drop-oldest' as const),
});

function newStore(own: Partial<Bounds>, database = openDatabase(':memory:', migrations)) {
  const priorityOf = (alias: string) => (alias === 'low' ? 0 : alias === 'high' ? 2 : 1);
  const options = { clock: new FakeClock(), bounds: () => ({ ...unbounded, ...own }), priorityOf } as const;
  return { store: new QueueStore(database, options), database };
}

function contents(database: DatabaseSync) {
  const figures = 'waiting, bytes, accepted, uploaded, merged, refused, dropped, expired';
  return {
    rows: database
      .prepare('SELECT identity, received, opens_request, priority, alias, at, value FROM record ORDER BY id')
      .all(),
    identities: database.prepare(`SELECT cik, ${figures} FROM identity ORDER BY id`).all(),
  };
}

/** What a caller is told. */
async function outcomeOf(accepted: Promise<readonly { readonly identity: number }[]>) {
  return accepted.then(
    (each) => each.map(({ identity }) => identity),
    (error: Error) => error.message,
  );
}

describe('requests that share a commit', () => {
  it('are taken or refused as they would be one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), bounds, async (requests, own) => {
        const together = newStore(own);
        const alone = newStore(own);
        const outcomes = await Promise.all(
          requests.map((entries, second) => outcomeOf(together.store.acceptMany(entries, second))),
        );
        const expected: unknown[] = [];
        for (const [second, entries] of requests.entries()) {
          expected.push(await outcomeOf(alone.store.acceptMany(entries, second)));
        }
        expect(outcomes).toEqual(expected);
        expect(contents(together.database)).toEqual(contents(alone.database));
      }),
    );
  });

  it('are each told which point was their last', async () => {
    const { store, database } = newStore({});
    const requests: Entry[][] = Array.from({ length: 50 }, (_, index) => [
      { caller: callers[index % 2] ?? { cik: '' }, points: [{ alias: 'a', at: index, value: '1' }] },
    ]);
    const accepted = (await Promise.all(requests.map((entries) => store.acceptMany(entries, 0)))).flat();
    const at = database.prepare('SELECT identity, at FROM record WHERE id = ?');
    expect(accepted.map(({ lastId }) => at.get(lastId))).toEqual(
      accepted.map(({ identity }, index) => ({ identity, at: index })),
    );
  });

  it('are refused by themselves', async () => {
    const { store, database } = newStore({ identityBytes: 500 });
    const [first = { cik: '' }, second = { cik: '' }] = callers;
    const point = (length: number) => ({ alias: 'some', at: 1, value: 'x'.repeat(length) });
    const outcomes = await Promise.allSettled([
      store.accept(first, [point(300)], 0),
      store.accept(first, [point(300)], 0),
      store.accept(second, [point(300)], 0),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(QueueFullError);
    expect(contents(database).rows).toHaveLength(2);
  });

  it('are all told when not even a transaction can be begun, and those after them are served', async () => {
    const { store, database } = newStore({});
    database.exec('BEGIN');
    const take = () => store.accept({ cik: 'a'.repeat(40) }, [{ alias: 'a', at: 1, value: '1' }], 0);
    const outcomes = await Promise.allSettled([take(), take(), take()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    if (database.isTransaction) database.exec('ROLLBACK');
    await take();
    expect(contents(database).rows).toHaveLength(1);
  });
});
