import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isKey, maskKey } from '../src/index.ts';

const key = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 });

test('40 lowercase hex digits are a key, and nothing else is', () => {
  fc.assert(
    fc.property(key, (given) => {
      expect(isKey(given)).toBe(true);
      for (const other of [given.slice(1), `${given}0`, `${given}\n`, ` ${given}`, `G${given.slice(1)}`]) {
        expect(isKey(other)).toBe(false);
      }
      expect(isKey(given.toUpperCase())).toBe(/^\d*$/.test(given));
    }),
  );
});

test('a masked key shows its first eight digits and its length', () => {
  fc.assert(
    fc.property(key, (given) => {
      expect(maskKey(given)).toBe(given.slice(0, 8) + '*'.repeat(32));
    }),
  );
});

test('a masked text is never more telling than eight characters', () => {
  fc.assert(
    fc.property(fc.string(), (given) => {
      const masked = maskKey(given);
      expect(masked).toHaveLength(given.length);
      expect(masked.slice(8)).toMatch(/^\**$/);
    }),
  );
});
