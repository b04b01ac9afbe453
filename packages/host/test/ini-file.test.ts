import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIni, IniError, parseIni, setIniOption } from '../src/index.ts';

const file = 'test.cfg';

function values(text: string): Record<string, Record<string, string>> {
  const sections = [...parseIni(text, { file })].map(([section, options]) => [
    section,
    Object.fromEntries([...options].map(([option, { value }]) => [option, value])),
  ]);
  return Object.fromEntries(sections);
}

const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/);
const sectionName = fc.stringMatching(/^[A-Za-z:_][A-Za-z0-9:_. -]{0,8}[a-z]$/);
const valueLine = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('=', ':', '[', ']', ' ', '%', '$', '"', '#', ';'),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
  })
  .map((line) => line.trim());
// What the syntax can hold: see formatIni.
const value = fc
  .array(valueLine, { minLength: 1, maxLength: 3 })
  .filter((lines) => lines.length === 1 || lines.at(-1) !== '')
  .filter((lines) => lines.every((line, index) => index === 0 || !/^[#;]/.test(line)))
  .map((lines) => lines.join('\n'));

describe('an INI file', () => {
  test('is read back as it was written', () => {
    const given = fc.uniqueArray(
      fc.tuple(sectionName, fc.uniqueArray(fc.tuple(name, value), { selector: ([option]) => option })),
      { selector: ([section]) => section },
    );
    fc.assert(
      fc.property(given, (sections) => {
        const read = [...parseIni(formatIni(sections), { file })].map(([section, options]) => [
          section,
          [...options].map(([option, entry]) => [option, entry.value]),
        ]);
        expect(read).toEqual(sections);
      }),
    );
  });

  test('any text is read or refused with the file and the line', () => {
    const line = fc.constantFrom(
      '[a]',
      ' [b]',
      'x = 1',
      '  y: 2',
      '\tz',
      '# c',
      ' ; d',
      '',
      ' ',
      '=',
      'lonely',
      '[',
      '[]',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(line).map((lines) => lines.join('\n')),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          parseIni(given, { file });
        } catch (error) {
          expect(error).toBeInstanceOf(IniError);
          expect(error).toMatchObject({ code: 'INI_SYNTAX', file, line: expect.any(Number) });
        }
      }),
    );
  });

  test.each([
    [
      'equals signs and colons, with and without blanks',
      '[s]\na=1\nb : 2\nc = x = y\nd=http://e',
      { a: '1', b: '2', c: 'x = y', d: 'http://e' },
    ],
    ['names in any case', '[s]\nUUID = A', { uuid: 'A' }],
    ['Windows line ends', '[s]\r\na = 1\r\nb = 2\r\n', { a: '1', b: '2' }],
    ['comment lines, also indented and within a value', '# c\n[s]\n; c\na = 1\n  # c\n  2\n', { a: '1\n2' }],
    ['number signs and semicolons within a value', '[s]\na = x#y ; z', { a: 'x#y ; z' }],
    ['an option given twice: the last counts', '[s]\nenvironment = A\nenvironment=B', { environment: 'B' }],
    ['a section given twice', '[s]\na = 1\nb = 1\n[s]\na = 2', { b: '1', a: '2' }],
    ['an indented line continues the value', '[s]\na =\n  1\n  2\nb = 3', { a: '\n1\n2', b: '3' }],
    [
      'an indented line continues the value after an empty line',
      '[s]\na = 1\n\n  2\nb = 3',
      { a: '1\n\n2', b: '3' },
    ],
    [
      'options that are all indented alike',
      '[s]\n  a = 1\n  b = 2\n    3\n  c = 4',
      { a: '1', b: '2\n3', c: '4' },
    ],
    [
      'a continuation that looks like a section or an option',
      '[s]\na = 1\n  [x]\n  y = 2',
      { a: '1\n[x]\ny = 2' },
    ],
    ['a value that is empty', '[s]\na =\nb = ', { a: '', b: '' }],
    ['percent and dollar signs', '[s]\na = %(x)s $HOME 100%', { a: '%(x)s $HOME 100%' }],
  ])('holds %s', (_, text, options) => {
    expect(values(text)).toEqual({ s: options });
  });

  test('comments within a line start after a blank, where they are asked for', () => {
    const text = '[s] ; c\na = 1 ; c\nb = x;y # c\n';
    const sections = parseIni(text, { file, inlineComments: [';', '#'] });
    expect([...(sections.get('s') ?? [])].map(([option, entry]) => [option, entry.value])).toEqual([
      ['a', '1'],
      ['b', 'x;y'],
    ]);
  });

  test('tells the line of each option', () => {
    expect(parseIni('\n[s]\n# c\na = 1\n  2\nb = 3', { file }).get('s')?.get('b')).toEqual({
      value: '3',
      line: 6,
    });
  });

  test.each([
    ['a = 1', 'test.cfg, line 1: an option stands before the first [section]'],
    ['[s]\nlonely', 'test.cfg, line 2: expected [section] or name = value, found "lonely"'],
    ['[s]\n= 1', 'test.cfg, line 2: expected [section] or name = value, found "= 1"'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => parseIni(text, { file })).toThrow(message);
  });
});

describe('setting an option', () => {
  test('replaces it and leaves every other line as it is', () => {
    const text = '# head\n[a]\n; note\nx = 1\n  more\nX2=keep ; me\n\n[b]\nx = other\n';
    expect(setIniOption(text, 'a', 'x', '5')).toBe(text.replace('x = 1\n  more\n', 'x = 5\n'));
  });

  test('keeps Windows line ends of the other lines', () => {
    expect(setIniOption('[a]\r\nx = 1\r\ny = 2\r\n', 'a', 'x', '5')).toBe('[a]\r\nx = 5\ny = 2\r\n');
  });

  test('adds it at the end of its section, before the empty lines', () => {
    expect(setIniOption('[a]\nx = 1\n\n[b]\ny = 2\n', 'a', 'z', '3')).toBe(
      '[a]\nx = 1\nz = 3\n\n[b]\ny = 2\n',
    );
  });

  test('adds the section when it is missing', () => {
    expect(setIniOption('[a]\nx = 1', 'b', 'y', '2')).toBe('[a]\nx = 1\n\n[b]\ny = 2\n');
    expect(setIniOption('', 'b', 'y', '2')).toBe('[b]\ny = 2\n');
  });

  test('of several lines cannot bring in options or sections of its own', () => {
    const text = setIniOption('[a]\nx = 1\ny = 2\n', 'a', 'x', 'one\n[b]\nz = 3');
    expect(values(text)).toEqual({ a: { x: 'one\n[b]\nz = 3', y: '2' } });
  });

  test('in any readable file gives that value and changes no other', () => {
    const line = fc.constantFrom(
      ...[
        '[a]',
        '[b]',
        ' [b]',
        'x = 1',
        'X: 2',
        '  x = 3',
        '  y = 4',
        'y=5',
        '\tmore',
        '# c',
        '  ; c',
        '',
        ' ',
        '[a]\r',
      ],
    );
    const text = fc.array(line, { maxLength: 12 }).map((lines) => ['[a]', ...lines].join('\n'));
    fc.assert(
      fc.property(
        text,
        fc.constantFrom('a', 'b', 'c'),
        fc.constantFrom('x', 'y', 'z'),
        value,
        (given, section, option, set) => {
          let expected: ReturnType<typeof values>;
          try {
            expected = values(given);
          } catch {
            return fc.pre(false);
          }
          expected[section] = { ...expected[section], [option]: set };
          const result = setIniOption(given, section, option, set);
          expect(values(result)).toEqual(expected);
          const comments = (whole: string) => whole.split('\n').filter((each) => /^\s*[#;]/.test(each));
          expect(comments(result)).toEqual(comments(given));
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('a long line of blanks that is no option is refused at once', () => {
  const start = performance.now();
  expect(() => parseIni(`[a]\nx${' '.repeat(100_000)}y`, { file: 'f' })).toThrow('f');
  expect(performance.now() - start).toBeLessThan(1000);
});
