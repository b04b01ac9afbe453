import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CsvError, parseCsv } from '../src/csv.ts';

const quoted = (field: string) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

test('what is written by the rules is read back, with CRLF or LF', () => {
  const line = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 });
  // An empty line stands for nothing, so a line of one empty field cannot be written.
  const lines = fc.array(line.filter((fields) => fields.length > 1 || fields[0] !== ''));
  fc.assert(
    fc.property(lines, fc.constantFrom('\r\n', '\n'), fc.boolean(), (given, end, last) => {
      const text = given.map((fields) => fields.map(quoted).join(',')).join(end) + (last ? end : '');
      // A lone carriage return at the end of an unquoted field is quoted above, so CRLF stays unambiguous.
      expect(parseCsv(text)).toEqual(given);
    }),
  );
});

test('any text is read or refused as CSV', () => {
  const text = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '""') });
  fc.assert(
    fc.property(text, (given) => {
      try {
        for (const fields of parseCsv(given)) expect(fields.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(CsvError);
      }
    }),
  );
});

test('a trailing comma is an empty last field and empty lines are skipped', () => {
  expect(parseCsv('a,\r\n\r\n,b\n')).toEqual([
    ['a', ''],
    ['', 'b'],
  ]);
});
