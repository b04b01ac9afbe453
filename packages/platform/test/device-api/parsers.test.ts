import { decodeForm, encodeForm, limits } from '@gateway-engine/device-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseByteRange } from '../../src/device-api/byte-range.ts';
import { isDevicePath, parseTarget } from '../../src/device-api/call.ts';
import { parseStart, parseWait } from '../../src/device-api/long-poll-headers.ts';
import { parseRecordForm } from '../../src/device-api/record-form.ts';
import { sixNumbers } from '../../src/device-api/small-calls.ts';

const seconds = fc.oneof(
  fc.nat({ max: 2 ** 40 }),
  fc.maxSafeNat().map((ts) => ts % (limits.latestSecond + 1)),
);

describe('record forms', () => {
  const groups = fc.array(
    fc.record({
      alias: fc.string({ unit: 'grapheme' }),
      points: fc.uniqueArray(fc.tuple(seconds, fc.string({ unit: 'grapheme' })), {
        selector: ([ts]) => ts,
        minLength: 1,
      }),
    }),
  );

  test('what was written is read, whatever the aliases and values hold', () => {
    fc.assert(
      fc.property(groups, (written) => {
        fc.pre(new Set(written.map(({ alias }) => alias)).size === written.length);
        const form = encodeForm(
          written.flatMap(({ alias, points }): [string, string][] => [
            ['alias', alias],
            ...points.map(([ts, value]): [string, string] => [String(ts), value]),
          ]),
        );
        const points = written.flatMap(({ alias, points: own }) =>
          own.map(([ts, value]) => ({ alias, ts, value })),
        );
        expect(parseRecordForm(decodeForm(form), 0, undefined)).toEqual({ points });
      }),
    );
  });

  test('any form is read, conflicting or malformed, and never throws', () => {
    const part = fc.tuple(
      fc.oneof(fc.constant('alias'), fc.integer().map(String), fc.string()),
      fc.option(fc.string(), { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.array(part), fc.option(fc.string(), { nil: undefined }), (form, alias) => {
        const record = parseRecordForm(form, 1000, alias);
        if (!('points' in record)) return;
        const seen = record.points.map((point) => `${point.ts} ${point.alias}`);
        expect(new Set(seen).size).toBe(seen.length);
      }),
    );
  });

  test('a negative timestamp counts back from now and a fraction is cut off', () => {
    const times = parseRecordForm(
      [
        ['-10', 'a'],
        ['7.9', 'b'],
        ['-0.5', 'c'],
        ['+3', 'd'],
      ],
      1000,
      'x',
    );
    expect('points' in times && times.points.map(({ ts }) => ts)).toEqual([990, 7, 1000, 3]);
  });

  test.each([
    ['8640000000000', 8_640_000_000_000],
    ['8640000000000.9', 8_640_000_000_000],
    ['8640000000001', undefined],
    ['999999999999999', undefined],
    ['-1000', 0],
    ['-1001', undefined],
    ['-999999999999999', undefined],
  ])('the timestamp %s is the second %s', (name, ts) => {
    const expected = ts === undefined ? { malformed: true } : { points: [{ alias: 'x', ts, value: 'a' }] };
    expect(parseRecordForm([[name, 'a']], 1000, 'x')).toEqual(expected);
  });

  test('in the old form a part named "alias" is no timestamp', () => {
    expect(parseRecordForm([['alias', 'x']], 0, 'y')).toEqual({ malformed: true });
  });
});

describe('byte ranges', () => {
  test('a range lies within the file and is what was asked for', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.nat(50), (size, first, last) => {
        const range = parseByteRange(`bytes=${first}-${last}`, size);
        if (last < first) expect(range).toBe('whole');
        else if (first >= size) expect(range).toBe('unsatisfiable');
        else expect(range).toEqual({ first, last: Math.min(last, size - 1) });
      }),
    );
  });

  test('the last bytes of a file are as many as asked for or there are', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (size, length) => {
        const range = parseByteRange(`bytes=-${length}`, size);
        if (size === 0 || length === 0) expect(range).toBe('unsatisfiable');
        else expect(range).toEqual({ first: Math.max(0, size - length), last: size - 1 });
      }),
    );
  });

  test.each([
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    [`bytes=${'9'.repeat(5000)}-${'9'.repeat(5000)}`, 'unsatisfiable'],
    ['bytes=2-99999999999999999999', { first: 2, last: 9 }],
    ['bytes=-99999999999999999999', { first: 0, last: 9 }],
    ['bytes = 2 - 3', { first: 2, last: 3 }],
    ['bytes=-', 'whole'],
    ['bytes= - ', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
  ])('of ten bytes %s is %j', (header, range) => {
    expect(parseByteRange(header, 10)).toEqual(range);
  });

  test('a header of blanks is read at once', () => {
    const start = performance.now();
    const blanks = ' '.repeat(120_000);
    expect(parseByteRange(`bytes${blanks}=${blanks}-${blanks}x`, 10)).toBe('whole');
    expect(parseByteRange(`bytes=${blanks}x`, 10)).toBe('whole');
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('any text gives a range within the file, the whole or none', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(50), (text, size) => {
        const range = parseByteRange(`bytes=${text}`, size);
        if (typeof range === 'string') return;
        expect(range.first >= 0 && range.first <= range.last && range.last < size).toBe(true);
      }),
    );
  });
});

describe('long poll headers', () => {
  test('a Last-Modified that we sent gives its second back', () => {
    fc.assert(fc.property(seconds, (ts) => parseStart(new Date(ts * 1000).toUTCString()) === ts));
    fc.assert(fc.property(seconds, (ts) => parseStart(String(ts)) === ts));
  });

  test.each([
    ['1', 1],
    ['300000', 300_000],
    ['300001', 300_000],
    ['99999999999999999999999', 300_000],
    ['9'.repeat(5000), 300_000],
    ['0', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
  ])('a wait of %s is one of %s ms', (text, wait) => {
    expect(parseWait(text)).toBe(wait);
  });

  test('any text is a time, none, or malformed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const start = parseStart(text);
        expect(start === 'malformed' || Number.isSafeInteger(start)).toBe(true);
        const wait = parseWait(text);
        expect(wait === undefined || wait > 0).toBe(true);
      }),
    );
  });
});

describe('targets', () => {
  test.each([
    ['/api:v1/stack/alias?a&b', '/onep:v1/stack/alias', 'a&b', true],
    ['/onep%3Av1/stack/alias?', '/onep:v1/stack/alias', '', true],
    ['/provision/download/?x=/?', '/provision/download', 'x=/?', true],
    ['http://pump.m2.exosite.com:80/timestamp', '/timestamp', '', true],
    ['/ip', '/ip', '', true],
    ['/ipx', '/ipx', '', false],
    ['/', '/', '', false],
    ['/api/v1/products', '/api/v1/products', '', false],
    ['/provisioning', '/provisioning', '', false],
  ])('%s is the path %s with the query "%s"', (url, path, query, device) => {
    expect(parseTarget(url)).toEqual({ path, query });
    expect(isDevicePath(path)).toBe(device);
  });
});

test('an address of IPv6 that holds one of IPv4 is told as that', () => {
  expect(sixNumbers('::ffff:10.0.0.7', 8080)).toBe('10,0,0,7,31,144');
  expect(sixNumbers('::1', 8080)).toBe('0,0,0,0,31,144');
});
