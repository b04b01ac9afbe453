import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchEntries } from '../../src/intake/batch.ts';
import { Refusal } from '../../src/intake/refusal.ts';
import { callerName } from '../../src/store/identity.ts';

const now = 1_760_000_000;
const cik = 'a'.repeat(40);
const device = { vendor: 'prod', model: 'prod', serial: 'S 1' };
const known = { cik: 'b'.repeat(40) };
const lines = (...all: unknown[]) => Buffer.from(all.map((line) => `${JSON.stringify(line)}\n`).join(''));

function refusalOf(work: () => unknown): Refusal | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

describe('a batch', () => {
  it('gives each identity its points in their order, byte for byte', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const at = fc.option(fc.integer({ min: 0, max: 4_000_000_000 }), { nil: undefined });
    const names = fc.constantFrom({}, { cik }, { vms: 'prod prod S 1' }, { cik, vms: 'prod prod S 1' });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, at, names), { maxLength: 8 }), (rows) => {
        const body = lines(
          ...rows.map(([alias, value, second, who]) => ({ alias, value, at: second, ...who })),
        );
        const wanted = Map.groupBy(rows, ([, , , who]) => {
          if ('vms' in who) return callerName({ device });
          return 'cik' in who ? cik : known.cik;
        });
        const entries = batchEntries(body, known, now);
        expect(entries.map(({ caller }) => callerName(caller))).toEqual([...wanted.keys()]);
        for (const { caller, points } of entries) {
          expect(points).toEqual(
            wanted
              .get(callerName(caller))
              ?.map(([alias, value, second]) =>
                second === undefined
                  ? { alias, value, at: now, stamped: true }
                  : { alias, value, at: second },
              ),
          );
        }
      }),
    );
  });

  it('takes numbers as their text, and times as the record call does', () => {
    const body = lines(
      { alias: 'a', value: 21.5, at: 5 },
      { alias: 'a', value: -0.001, at: -10 },
      { alias: 'a', value: 9007199254740991, at: '7.9' },
      { alias: 'a', value: 'x', at: 8.25 },
    );
    expect(batchEntries(body, known, now)[0]?.points).toEqual([
      { alias: 'a', value: '21.5', at: 5 },
      { alias: 'a', value: '-0.001', at: now - 10 },
      { alias: 'a', value: '9007199254740991', at: 7 },
      { alias: 'a', value: 'x', at: 8 },
    ]);
  });

  it('may have empty lines, and ends of lines of both kinds', () => {
    const body = Buffer.from('\r\n{"alias":"a","value":1}\r\n\n{"alias":"b","value":2}');
    expect(batchEntries(body, known, now)[0]?.points.map(({ alias }) => alias)).toEqual(['a', 'b']);
    expect(batchEntries(Buffer.alloc(0), known, now)).toEqual([]);
  });

  it.each([
    ['{"alias":"a","value":1', 'is not JSON'],
    ['[1]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['{"value":1}', 'has no text "alias"'],
    ['{"alias":"a"}', 'has no "value"'],
    ['{"alias":"a","value":true}', 'has no "value"'],
    ['{"alias":"a","value":{}}', 'has no "value"'],
    ['{"alias":"a","value":12345678901234567890}', 'exact as a text only'],
    ['{"alias":"a","value":"\\ud800"}', 'half of a character'],
    ['{"alias":"a","value":1,"time":5}', 'a key that is not known'],
    ['{"alias":"a","value":1,"at":null}', '"at" is not a time'],
    ['{"alias":"a","value":1,"at":"now"}', 'number of seconds'],
    ['{"alias":"a","value":1,"at":1e300}', 'number of seconds'],
    ['{"alias":"a","value":1,"cik":"x"}', '"cik" is not 40'],
    ['{"alias":"a","value":1,"cik":1}', '"cik" is not a text'],
    ['{"alias":"a","value":1,"vms":"prod prod"}', '"vms" is not VENDOR'],
    ['{"alias":"a","value":1,"vms":"evil.example/?x= p 1"}', 'the vendor is not a name'],
  ])('with the line %s is refused, and the line named', (line, reason) => {
    const body = Buffer.from(`{"alias":"a","value":1}\n\n${line}\n{"alias":"a","value":1}`);
    const refusal = refusalOf(() => batchEntries(body, known, now));
    expect([refusal?.status, refusal?.told]).toEqual([400, true]);
    expect(refusal?.message).toMatch(/^line 3: /);
    expect(refusal?.message).toContain(reason);
  });

  it('needs an identity for each line', () => {
    const body = lines({ alias: 'a', value: 1, cik }, { alias: 'a', value: 1 });
    expect(refusalOf(() => batchEntries(body, undefined, now))?.message).toMatch(/^line 2: names nobody/);
  });

  it('of whatever bytes is understood or refused', () => {
    const json = fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 5 });
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      json.map((all) => Buffer.from(all.join('\n'))),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        expect([undefined, 400]).toContain(refusalOf(() => batchEntries(body, known, now))?.status);
      }),
    );
  });
});
