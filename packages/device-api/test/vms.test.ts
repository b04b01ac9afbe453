import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseVms } from '../src/index.ts';

const word = fc.string({ minLength: 1 }).filter((given) => !/\s/.test(given));
const serial = fc.string({ minLength: 1 }).filter((given) => given.trim() === given);

test('vendor, model and serial number are read, the serial number with its blanks', () => {
  fc.assert(
    fc.property(word, word, serial, fc.constantFrom(' ', '   '), (vendor, model, given, blank) => {
      expect(parseVms(`${vendor}${blank}${model}${blank}${given}`)).toEqual({ vendor, model, serial: given });
    }),
  );
});

test.each([
  ['v m a b  c', { vendor: 'v', model: 'm', serial: 'a b  c' }],
  [' p p 00:11:22:AA:BB:CC ', { vendor: 'p', model: 'p', serial: '00:11:22:AA:BB:CC' }],
])('%j is read', (header, identity) => {
  expect(parseVms(header)).toEqual(identity);
});

test.each(['', ' ', 'v', 'v m', 'v m ', 'v,m,s', 'v m\ns'])('%j is malformed', (header) => {
  expect(parseVms(header)).toBeUndefined();
});

test('any text is read or malformed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (header) => {
      const identity = parseVms(header);
      if (identity) for (const part of Object.values(identity)) expect(part).toMatch(/\S/);
    }),
  );
});
