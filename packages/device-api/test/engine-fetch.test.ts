import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EngineFetchError, formatEngineFetch, parseEngineFetch } from '../src/index.ts';

const names = fc.array(fc.string({ unit: 'binary', minLength: 1 }));

describe('engine_fetch', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(names, names, names, (install, remove, cancel) => {
        const read = parseEngineFetch(formatEngineFetch({ install, remove, cancel }));
        expect({ remove: [], cancel: [], ...read }).toEqual({ install, remove, cancel });
      }),
    );
  });

  test('is written in the documented form', () => {
    expect(formatEngineFetch({ install: ['sine.v1.tar.gz'] })).toBe(
      '{"install":[{"name":"sine.v1.tar.gz"}]}',
    );
  });

  test('may ask for removals and for the end of what is under way, with or without installs', () => {
    const text = '{"remove":["old"],"cancel":["stuck"]}';
    expect(parseEngineFetch(text)).toEqual({ install: [], remove: ['old'], cancel: ['stuck'] });
    expect(formatEngineFetch({ install: [], remove: ['old'], cancel: ['stuck'] })).toBe(text);
    expect(() => parseEngineFetch('{"remove":"old"}')).toThrow(
      '"remove" of engine_fetch is no list of names',
    );
    expect(() => parseEngineFetch('{"cancel":[""]}')).toThrow(EngineFetchError);
  });

  test('may hold keys that are not known and any order', () => {
    const text = '{"x":1,"install":[{"size":3,"name":"b.v1.tar.gz"},{"name":"a.v1.tar.gz"}]}';
    expect(parseEngineFetch(text).install).toEqual(['b.v1.tar.gz', 'a.v1.tar.gz']);
  });

  test('with nothing to install is no mistake', () => {
    expect(parseEngineFetch('{"install":[]}')).toEqual({ install: [] });
  });

  test.each([
    ['', /not JSON/],
    ['{"install":', /not JSON/],
    ['null', /no list/],
    ['[]', /no list/],
    ['{}', /no list/],
    ['{"install":{}}', /no list/],
    ['{"install":["a.v1.tar.gz"]}', /item 1/],
    ['{"install":[{"name":"a"},{"name":7}]}', /item 2/],
    ['{"install":[{"name":""}]}', /item 1/],
    ['{"install":[null]}', /item 1/],
    ['{"install":[[]]}', /item 1/],
  ])('%j is refused, saying what was expected', (text, problem) => {
    expect(() => parseEngineFetch(text)).toThrow(problem);
    expect(() => parseEngineFetch(text)).toThrow(/expected \{"install"/);
  });

  test('any text is read or refused with an EngineFetchError', () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((json) => `{"install":${json}}`),
      fc.json().map((json) => `{"remove":${json}}`),
    );
    fc.assert(
      fc.property(garbage, (text) => {
        try {
          for (const name of parseEngineFetch(text).install) expect(name).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(EngineFetchError);
        }
      }),
    );
  });
});
