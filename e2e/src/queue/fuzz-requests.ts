import { pick } from './random.ts';

type Random = () => number;

const targets = [
  '/onep:v1/stack/alias',
  '/onep:v1/stack/record',
  '/onep:v1/stack/alias/r0',
  '/onep:v1/stack/alias/%zz',
  '/api:v1/stack/alias',
  '/onep%3Av1/stack/record',
  '/provision/activate',
  '/batch',
  '/reread/..',
  '/',
  '/onep:v1/stack/alias?r0',
  `/${'x'.repeat(5000)}`,
  '*',
  'http://elsewhere/onep:v1/stack/alias',
  '/\u0000',
  '',
];

const bodies = [
  '',
  '=',
  '&&&',
  'no equals sign',
  'alias=r0&now=1',
  'alias=r0&99999999999999999999=1',
  'alias=r0&-99999999999999=1',
  '1=2&alias=',
  '%',
  '%f',
  'r0=%ff%fe',
  'r0=\u00ff\u0000',
  'vendor=&model=&sn=',
  'vendor=a/../b&model=m&sn=1',
  '{"alias":"r0","value":1}\n{"alias":',
  '{"alias":"r0","value":"1","at":"yesterday"}\n',
  '[]\n',
  '{}\n{}\n',
  '{"__proto__":{"alias":"r0"}}\n',
  `${'['.repeat(20_000)}\n`,
  `r0=${'x'.repeat(70_000)}`,
];

const headerLines = [
  'X-Exosite-CIK: ',
  `X-Exosite-CIK: ${'g'.repeat(40)}`,
  `X-Exosite-CIK: ${'a'.repeat(39)}`,
  'X-Exosite-VMS: one',
  'X-Exosite-VMS: a b',
  'X-Exosite-VMS: ../../etc passwd 1',
  'X-Exosite-VMS: \u00ff\u00fe m 1',
  `X-Exosite-VMS: v m ${'s'.repeat(400)}`,
  'Content-Type: application/json',
  'Content-Type: application/x-ndjson',
  'Content-Type: application/x-www-form-urlencoded; charset=utf-16',
  'Content-Type: ;;;',
  'Content-Encoding: zstd',
  'Content-Encoding: gzip',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 3\r\nContent-Length: 4',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: nonsense',
  'Expect: 100-continue',
  'Expect: the unexpected',
  'Connection: upgrade\r\nUpgrade: websocket',
  'Host: ',
  'Host: a\r\nHost: b',
  ': no name',
  'no colon',
  ' folded: line',
  `X-Long: ${'y'.repeat(20_000)}`,
  'X-Control: \u0001\u0002',
];

const methods = [
  'POST',
  'POST',
  'POST',
  'POST',
  'GET',
  'PUT',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'CONNECT',
  'post',
  'P\u00d6ST',
  '',
];
const versions = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/9.9',
  'FTP',
  '',
];

/**
 * Bytes that are hardly ever a request to be taken, drawn from what goes wrong in practice and from what an attacker
 * tries: framing, encodings, limits, and plain noise. Some name a device by `identity`, a header line, so that they get
 * past the first check; what is taken of these is this device's.
 */
export function malformedRequest(random: Random, identity: string): Buffer {
  const kind = random();
  if (kind < 0.1) return noise(random);
  if (kind < 0.25) return cutShort(random, identity);
  if (kind < 0.35) return damaged(wellFormed(random, identity), random);
  return composed(random, identity);
}

function wellFormed(random: Random, identity: string): Buffer {
  const body = pick(bodies, random);
  return Buffer.from(
    `POST ${pick(targets, random)} HTTP/1.1\r\n${identity}\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`,
    'latin1',
  );
}

function composed(random: Random, identity: string): Buffer {
  const lines = Array.from({ length: Math.floor(random() * random() * 4) }, () => pick(headerLines, random));
  if (random() < 0.5) lines.push(identity);
  const body = pick(bodies, random);
  if (random() < 0.6) lines.push(`Content-Length: ${Buffer.byteLength(body, 'latin1')}`);
  const head = `${pick(methods, random)} ${pick(targets, random)} ${pick(versions, random)}`;
  return Buffer.from(`${[head, ...lines].join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

function cutShort(random: Random, identity: string): Buffer {
  const whole = random() < 0.5 ? composed(random, identity) : wellFormed(random, identity);
  return whole.subarray(0, Math.floor(random() * whole.length));
}

function damaged(whole: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(whole);
  for (let flips = 1 + Math.floor(random() * 8); flips > 0 && bytes.length > 0; flips--) {
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  }
  return bytes;
}

function noise(random: Random): Buffer {
  return Buffer.from(
    Array.from({ length: 1 + Math.floor(random() * 400) }, () => Math.floor(random() * 256)),
  );
}
