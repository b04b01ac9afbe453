import { limits } from '@gateway-engine/device-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyBudget } from '../../src/http/body-budget.ts';
import { HeadMemory } from '../../src/http/head-memory.ts';
import { type Request, RequestReader, type Said } from '../../src/http/request-reader.ts';

/** All that the pieces of a connection say. */
function read(pieces: readonly Buffer[], budget = new BodyBudget()): Said[] {
  const reader = new RequestReader(new HeadMemory(), budget);
  const all: Said[] = [];
  for (const piece of pieces) {
    if (all.at(-1)?.kind === 'refused') break;
    reader.add(piece);
    for (let said = reader.next(); said; said = reader.next()) {
      all.push(said);
      if (said.kind === 'refused') break;
    }
  }
  return all;
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
const requests = (said: readonly Said[]): Request[] =>
  said.flatMap((one) => (one.kind === 'request' ? [one.request] : []));
const plain = (body: Uint8Array) => [
  bytes(`POST /a HTTP/1.1\r\nContent-Length: ${body.length}\r\nX-B:  c \t\r\n\r\n`),
  Buffer.from(body),
];

/** Cuts a text at places that are drawn. */
function cut(whole: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return at.slice(1).map((end, index) => whole.subarray(at[index], end));
}

describe('requests', () => {
  const body = fc.uint8Array({ maxLength: 300 });
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 });
  const request = fc.oneof(
    body.map((content) => ({ content, sent: Buffer.concat(plain(content)) })),
    fc.tuple(body, sizes).map(([content, sizes]) => {
      const parts = [bytes('POST /b HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n')];
      for (let at = 0, turn = 0; at < content.length; turn++) {
        const piece = Buffer.from(content.subarray(at, at + (sizes[turn] ?? 300)));
        parts.push(bytes(`${piece.length.toString(16)};x=y\r\n`), piece, bytes('\r\n'));
        at += piece.length;
      }
      return { content, sent: Buffer.concat([...parts, bytes('0\r\nTrailer: t\r\n\r\n')]) };
    }),
  );

  it('are the same however they are cut on their way', () => {
    const all = fc.array(request, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(all, fc.array(fc.nat(), { maxLength: 12 }), (sent, places) => {
        const whole = Buffer.concat(sent.flatMap((one) => [one.sent, bytes('\r\n')]));
        const budget = new BodyBudget(10_000);
        const found = requests(read(cut(whole, places), budget));
        expect(found.map((one) => one.body)).toEqual(sent.map((one) => Buffer.from(one.content)));
        expect(found.every((one) => one.head.keepAlive)).toBe(true);
        // All of the memory for bodies is free again.
        expect(budget.take(10_000)).toBe(true);
      }),
    );
  });

  it('that are no requests are refused, and nothing ever throws', () => {
    const pieces = [
      'POST ',
      '/a',
      ' HTTP/1.1',
      '\r\n',
      '\r\n\r\n',
      'Content-Length: 3',
      ':',
      'abc',
      '\0',
      'é',
    ];
    const soup = fc.array(
      fc.oneof(
        fc.constantFrom(...pieces, 'Transfer-Encoding: chunked', '3\r\n'),
        fc.string({ maxLength: 9 }),
      ),
    );
    fc.assert(
      fc.property(soup, fc.array(fc.nat(), { maxLength: 6 }), (parts, places) => {
        const whole = bytes(parts.join(''));
        const kinds = (all: readonly Said[]) => all.map((said) => said.kind);
        expect(kinds(read(cut(whole, places)))).toEqual(kinds(read([whole])));
      }),
    );
  });

  it('have headers by their names in lower case, all values of one, whatever bytes these are', () => {
    const [request] = requests(
      read([bytes('GET /x HTTP/1.1\r\nHost:\r\nX-A: \xc3\xa0\t\r\nx-a:2\r\n__proto__: 1\r\n\r\n')]),
    );
    expect({ ...request?.head.headers }).toEqual({ host: '', 'x-a': '\xc3\xa0, 2', ['__proto__']: '1' });
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: foo, Close\r\n', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: Keep-Alive\r\n', true],
  ])('of %s with "%s" leave the connection open: %s', (version, header, open) => {
    expect(requests(read([bytes(`GET / ${version}\r\n${header}\r\n`)]))[0]?.head.keepAlive).toBe(open);
  });

  it.each([
    ['no request line', 'no HTTP at all\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01', 400],
    ['another version', 'PRI * HTTP/2.0\r\n\r\n', 400],
    ['a line that ends with LF alone', 'GET / HTTP/1.1\nA: b\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n', 400],
    ['a header without a name', 'GET / HTTP/1.1\r\n: b\r\n\r\n', 400],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nContent-Length : 3\r\n\r\n', 400],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nA: \0\r\n\r\n', 400],
    ['a length below 0', 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['another coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 501],
    ['a huge chunk', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n', 400],
    ['a chunk that is too long', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n', 400],
    ['a head that is too long', `GET /${'a'.repeat(17_000)}`, 431],
    [
      'a body that is too long',
      `POST / HTTP/1.1\r\nContent-Length: ${limits.dataBodyBytes + 1}\r\n\r\n`,
      413,
    ],
  ])('with %s are refused', (_, text, status) => {
    const said = read([bytes(text)]);
    expect(said.at(-1)).toMatchObject({ kind: 'refused', status });
    expect(requests(said)).toEqual([]);
  });

  it('whose chunks add up to too much are refused when they do', () => {
    const chunk = Buffer.concat([bytes('10000\r\n'), Buffer.alloc(0x10000), bytes('\r\n')]);
    const head = bytes('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    expect(read([head, ...Array.from({ length: 16 }, () => chunk)])).toEqual([]);
    const said = read([head, ...Array.from({ length: 17 }, () => chunk)]);
    expect(said).toMatchObject([{ kind: 'refused', status: 413 }]);
  });

  it('that there is no memory for are read to their end, without the body', () => {
    const said = read([...plain(Buffer.alloc(200)), ...plain(Buffer.alloc(50))], new BodyBudget(100));
    expect(requests(said).map(({ body }) => body?.length)).toEqual([undefined, 50]);
  });

  it('may ask whether the body is wanted before they send it', () => {
    const head = bytes('POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n');
    expect(read([head, bytes('ab')]).map(({ kind }) => kind)).toEqual(['waits', 'request']);
  });
});
