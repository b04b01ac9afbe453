import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EngineFetchError, formatEngineFetch, parseEngineFetch } from '../src/index.ts';

describe('engine_fetch', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 })), (install) => {
        expect(parseEngineFetch(formatEngineFetch({ install }))).toEqual({ install });
      }),
    );
  });

  test('is written in the documented form', () => {
    expect(formatEngineFetch({ install: ['sine.v1.tar.gz'] })).toBe(
      '{"install":[{"name":"sine.v1.tar.gz"}]}',
    );
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
