import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeForm, encodeForm, encodeFormText, FormError } from '../src/index.ts';

const text = fc.string({ unit: 'binary' });
const telling = fc.string({
  unit: fc.constantFrom('&', '=', '+', '%', '%2', '%26', ' ', '\0', '\r', '\n', 'a', 'é', '€', '😀'),
});
const pairs = fc.array(fc.tuple(fc.oneof(text, telling), fc.oneof(text, telling)));

describe('what is written', () => {
  test('is read back, whatever the names and values, in order and with repeated names', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        expect(decodeForm(encodeForm(given))).toEqual(given);
        expect(decodeForm(Buffer.from(encodeForm(given)))).toEqual(given);
      }),
    );
  });

  test('holds unreserved characters and escapes only, with upper-case digits', () => {
    fc.assert(
      fc.property(fc.oneof(text, telling), (given) => {
        expect(encodeFormText(given)).toMatch(/^(?:[A-Za-z0-9\-_.~]|%[0-9A-F]{2})*$/);
      }),
    );
  });

  test('is read alike by the platform of the web', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        expect([...new URLSearchParams(encodeForm(given))]).toEqual(given);
      }),
    );
  });

  test.each([
    ['a blank is %20, never +', [['a', 'b c+d']], 'a=b%20c%2Bd'],
    ['an empty value keeps its equals sign', [['engine_fetch', '']], 'engine_fetch='],
    ['line ends are escaped', [['a', 'x\r\ny']], 'a=x%0D%0Ay'],
    ['unicode is escaped byte by byte', [['ü', '€😀']], '%C3%BC=%E2%82%AC%F0%9F%98%80'],
    ['nothing is an empty text', [], ''],
  ] as [string, [string, string][], string][])('%s', (_, given, form) => {
    expect(encodeForm(given)).toBe(form);
  });
});

describe('what devices send', () => {
  test.each([
    ['a final NUL, CR and LF is dropped', 'a=1\r\n\0', [['a', '1']]],
    [
      'empty parts are skipped',
      '&&a=1&&b=2&',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a value may hold further equals signs', 'a=b=c==', [['a', 'b=c==']]],
    ['plus is a blank, in names too', 'a+b=c+d', [['a b', 'c d']]],
    [
      'an ampersand as %26 is data',
      'a=1%262&b=%3D',
      [
        ['a', '1&2'],
        ['b', '='],
      ],
    ],
    ['an escape may have lower-case digits', 'a=%c3%bc', [['a', 'ü']]],
    [
      'a percent sign that starts no escape stays',
      'a=100%&b=%zz&c=%4',
      [
        ['a', '100%'],
        ['b', '%zz'],
        ['c', '%4'],
      ],
    ],
    ['an escape is not read twice', 'a=%2541', [['a', '%41']]],
    ['raw JSON stays', 'report={"pressure": "63"}', [['report', '{"pressure": "63"}']]],
    ['raw UTF-8 stays', 'a=Grüße😀', [['a', 'Grüße😀']]],
    [
      'a part without an equals sign has no value',
      'a&b=',
      [
        ['a', undefined],
        ['b', ''],
      ],
    ],
    ['a name may be empty', '=1', [['', '1']]],
    [
      'a line end within stays',
      'a=1\n&b=2\n',
      [
        ['a', '1\n'],
        ['b', '2'],
      ],
    ],
    ['a byte order mark is data', 'a=%EF%BB%BFx', [['a', '\uFEFFx']]],
    ['nothing has no parts', '', []],
    ['line ends alone have no parts', '\r\n\0', []],
  ] as [string, string, [string, string | undefined][]][])('%s', (_, form, parts) => {
    expect(decodeForm(form)).toEqual(parts);
    expect(decodeForm(Buffer.from(form, 'utf8'))).toEqual(parts);
  });

  test.each([
    ['raw', Buffer.from([0x61, 0x3d, 0xff])],
    ['escaped', Buffer.from('a=%FF')],
    ['half of a character', Buffer.from('a=%C3&b=%BC')],
    ['an overlong form', Buffer.from('a=%C0%80')],
    ['a surrogate', Buffer.from('a=%ED%A0%80')],
  ])('bytes that are not UTF-8 are refused: %s', (_, form) => {
    expect(() => decodeForm(form)).toThrow(FormError);
  });

  test('a name is checked too, and an escaped and a raw half make one character', () => {
    expect(() => decodeForm('%FF=1')).toThrow(FormError);
    expect(decodeForm(Buffer.concat([Buffer.from('a=%C3'), Buffer.from([0xbc])]))).toEqual([['a', 'ü']]);
  });

  test('any bytes are read or refused with a FormError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          telling.map((given) => Buffer.from(given)),
        ),
        (given) => {
          try {
            for (const [name, value] of decodeForm(given)) {
              expect(typeof name).toBe('string');
              expect(['string', 'undefined']).toContain(typeof value);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(FormError);
            expect(error).toMatchObject({ code: 'BAD_FORM' });
          }
        },
      ),
    );
  });

  test('the bytes given are not changed', () => {
    const form = Buffer.from('a=%41+b\r\n');
    decodeForm(form);
    expect(form.toString()).toBe('a=%41+b\r\n');
  });
});
