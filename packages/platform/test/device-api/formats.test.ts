import fc from 'fast-check';
import { expect, test } from 'vitest';
import { convertToFormat } from '../../src/device-api/formats.ts';

const kept = (format: 'string' | 'integer' | 'float', text: string) => {
  const conversion = convertToFormat(format, text);
  return conversion.kept ?? conversion.reason;
};

test('a string keeps any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => kept('string', text) === text));
});

test('an integer of 64 bits is kept as its digits', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (number) => kept('integer', number.toString()) === number.toString(),
    ),
  );
});

test('a fraction is cut off towards zero', () => {
  fc.assert(
    fc.property(fc.integer(), fc.stringMatching(/^\d{1,9}$/), (whole, fraction) => {
      expect(kept('integer', `${whole}.${fraction}`)).toBe(String(whole));
    }),
  );
});

test.each([
  ['+5', '5'],
  ['007', '7'],
  ['-0', '0'],
  ['-0.9', '0'],
  ['.5', '0'],
  ['3.', '3'],
  [' 42 ', '42'],
  ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775808', 'unfit'],
  ['-9223372036854775809', 'unfit'],
  ['1e3', 'unfit'],
  ['0x10', 'unfit'],
  ['1,5', 'unfit'],
  ['.', 'unfit'],
  ['-', 'unfit'],
  ['five', 'unfit'],
  [' ', 'unfit'],
  ['9'.repeat(100_000), 'unfit'],
  ['', 'ignored'],
])('%j to an integer is %j', (text, result) => {
  expect(kept('integer', text)).toBe(result);
});

test('a float reads back equal and is written as short as can be', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const text = kept('float', String(number));
      expect(Number(text)).toBe(number === 0 ? 0 : number);
      expect(text).toBe(String(number));
      expect(kept('float', text)).toBe(text);
    }),
  );
});

test.each([
  ['1.0', '1'],
  ['1.50', '1.5'],
  ['+.5', '0.5'],
  ['5.', '5'],
  ['-0', '0'],
  ['1e3', '1000'],
  ['1E-7', '1e-7'],
  [' 3.5', '3.5'],
  ['1e999', 'unfit'],
  ['NaN', 'unfit'],
  ['Infinity', 'unfit'],
  ['0x1', 'unfit'],
  ['1.2.3', 'unfit'],
  ['e5', 'unfit'],
  [`0.${'3'.repeat(398)}`, '0.3333333333333333'],
  [`0.${'3'.repeat(399)}`, 'unfit'],
  ['', 'ignored'],
])('%j to a float is %j', (text, result) => {
  expect(kept('float', text)).toBe(result);
});

test('any text is kept as a number, ignored or refused, and never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom('integer' as const, 'float' as const), fc.string(), (format, text) => {
      const result = kept(format, text);
      if (result === 'unfit' || result === 'ignored') return;
      expect(kept(format, result)).toBe(result);
    }),
  );
});

test.each(['integer', 'float'] as const)(
  'a long text that is nearly a number is refused as %s at once',
  (format) => {
    const texts = ['', '.', '-', '.5', '1e'].map((start) => `${start}${'1'.repeat(120_000)}x`);
    const start = performance.now();
    for (const text of [...texts, `${' '.repeat(120_000)}x${' '.repeat(120_000)}x`]) {
      expect(kept(format, text)).toBe('unfit');
    }
    expect(performance.now() - start).toBeLessThan(1000);
  },
);
