import { encodeForm } from '@gateway-engine/device-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerOf } from '../../src/intake/caller.ts';
import { activatedDevice, recordedPoints, recordedPointsOf, writtenPoints } from '../../src/intake/points.ts';
import { Refusal } from '../../src/intake/refusal.ts';
import { checkForm, routeOf } from '../../src/intake/routes.ts';

const now = 1_760_000_000;
const bytes = (text: string) => Buffer.from(text);
const text = fc.string({ unit: 'binary', maxLength: 30 });
const second = fc.integer({ min: 0, max: 4_000_000_000 });

function statusOf(work: () => unknown): number | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.status;
    throw error;
  }
}

describe('points of a request', () => {
  it('a write stamps every value with the time of its receipt and keeps it as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        expect(writtenPoints(bytes(encodeForm(pairs)), now)).toEqual(
          pairs.map(([alias, value]) => ({ alias, value, at: now, stamped: true })),
        );
      }),
    );
  });

  it('both record forms give the same points', () => {
    fc.assert(
      fc.property(text, fc.array(fc.tuple(second, text)), (alias, values) => {
        const pairs = values.map(([at, value]) => [String(at), value] as const);
        const wanted = values.map(([at, value]) => ({ alias, at, value }));
        expect(recordedPointsOf(alias, bytes(encodeForm(pairs)), now)).toEqual(wanted);
        expect(recordedPoints(bytes(encodeForm([['alias', alias], ...pairs])), now)).toEqual(wanted);
      }),
    );
  });

  it('whatever comes is either understood or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        for (const parse of [writtenPoints, recordedPoints]) {
          const status = statusOf(() => parse(body, now));
          expect([undefined, 400]).toContain(status);
        }
      }),
    );
  });

  it('several aliases follow each other in one record', () => {
    expect(recordedPoints(bytes('alias=a&1=x&2=y&alias=b&1=z&alias=none'), now)).toEqual([
      { alias: 'a', at: 1, value: 'x' },
      { alias: 'a', at: 2, value: 'y' },
      { alias: 'b', at: 1, value: 'z' },
    ]);
  });

  it.each([
    ['5', 5],
    ['5.9', 5],
    ['+5', 5],
    ['%2B5', 5],
    ['-10', now - 10],
    ['-0', now],
    ['0', 0],
    ['8640000000000', 8_640_000_000_000],
  ])('the time %s means %i', (given, at) => {
    expect(recordedPointsOf('a', bytes(`${given}=v`), now)).toEqual([{ alias: 'a', at, value: 'v' }]);
  });

  it.each(['now', '', '1e9', '0x10', '- 5', `-${now + 1}`, '8640000000001', '99999999999999999'])(
    'the time "%s" is refused',
    (given) => {
      expect(statusOf(() => recordedPointsOf('a', bytes(`${given}=v`), now))).toBe(400);
    },
  );

  it.each(['a', 'a=1&b', 'a=%FF'])('the write "%s" is refused', (body) => {
    expect(statusOf(() => writtenPoints(bytes(body), now))).toBe(400);
  });

  it.each(['1=x', 'alias=a&x=1', 'alias=a&1'])('the record "%s" is refused', (body) => {
    expect(statusOf(() => recordedPoints(bytes(body), now))).toBe(400);
  });

  it('a value that could never be sent is refused while its sender is there', () => {
    const tripled = '\u00e9'.repeat(400_000);
    expect(statusOf(() => writtenPoints(bytes(`a=${tripled}`), now))).toBe(413);
    expect(statusOf(() => writtenPoints(bytes(`a=${'x'.repeat(1_000_000)}`), now))).toBeUndefined();
  });

  it.each(['vendor=v&model=m', 'vendor=v&model=m&sn=', 'id=1', 'sn=1', ''])(
    'the activation "%s" is refused',
    (body) => {
      expect(statusOf(() => activatedDevice(bytes(body)))).toBe(400);
    },
  );
});

describe('the caller', () => {
  const cik = 'a'.repeat(40);

  it('is the named device when both headers are there', () => {
    expect(callerOf({ 'x-exosite-vms': 'prod prod FF:10:C2', 'x-exosite-cik': cik })).toEqual({
      device: { vendor: 'prod', model: 'prod', serial: 'FF:10:C2' },
    });
  });

  it('is the bearer of the key when the other header is missing or empty', () => {
    expect(callerOf({ 'x-exosite-cik': `${cik} ` })).toEqual({ cik });
    expect(callerOf({ 'x-exosite-vms': '', 'x-exosite-cik': cik })).toEqual({ cik });
  });

  it('may have a serial number with blanks and letters beyond ASCII', () => {
    const header = Buffer.from('prod prod Gerät 7 b').toString('latin1');
    expect(callerOf({ 'x-exosite-vms': header })).toMatchObject({ device: { serial: 'Gerät 7 b' } });
  });

  it.each([
    {},
    { 'x-exosite-cik': '' },
    { 'x-exosite-cik': 'A'.repeat(40) },
    { 'x-exosite-cik': cik.slice(1) },
    { 'x-exosite-vms': 'prod prod', 'x-exosite-cik': cik },
    { 'x-exosite-vms': 'evil.example/?x= prod 1' },
    { 'x-exosite-vms': `prod prod ${'1'.repeat(300)}` },
    { 'x-exosite-vms': 'prod prod \xff' },
  ])('is refused as %j', (received) => {
    expect(statusOf(() => callerOf(received))).toBe(400);
  });
});

describe('routes', () => {
  it.each([
    ['/onep:v1/stack/alias', { kind: 'write' }],
    ['/api:v1/stack/alias', { kind: 'write' }],
    ['/onep%3Av1/stack/alias', { kind: 'write' }],
    ['/onep:v1/stack/alias?', { kind: 'write' }],
    ['/onep:v1/stack/record', { kind: 'record' }],
    ['/api:v1/stack/alias/temp%20%26', { kind: 'record of alias', alias: 'temp &' }],
    ['/provision/activate', { kind: 'activate' }],
    ['/reread', { kind: 'reread' }],
    ['/onep:v1/stack/alias?temp', undefined],
    ['/onep:v1/stack/alias/', undefined],
    ['/onep:v1/stack/alias/a/b', undefined],
    ['/onep:v1/stack', undefined],
    ['/', undefined],
    ['*', undefined],
  ])('POST %s', (url, route) => {
    expect(routeOf('POST', url)).toEqual(route);
    expect(routeOf('GET', url)).toBeUndefined();
  });

  it('an alias that is no percent-encoded UTF-8 is refused', () => {
    expect(statusOf(() => routeOf('POST', '/onep:v1/stack/alias/%FF'))).toBe(400);
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['Application/X-WWW-Form-Urlencoded; charset=utf=8', undefined],
    ['application/json', 415],
  ])('the content type %s', (type, status) => {
    expect(statusOf(() => checkForm(type === undefined ? {} : { 'content-type': type }))).toBe(status);
  });
});
