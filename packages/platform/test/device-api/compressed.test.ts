import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parseCapabilities } from '@gateway-engine/device-api';
import { silentLogger } from '@gateway-engine/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/device-api/answer.ts';
import { decodeBody, encodingOf } from '../../src/device-api/content-encoding.ts';
import { type RunningDeviceApi, runDeviceApi } from './running-device-api.ts';

const encoders = { gzip: gzipSync, zstd: zstdCompressSync } as const;
const codings = ['gzip', 'zstd'] as const;

async function post(api: RunningDeviceApi, path: string, coding: string, body: Buffer) {
  using client = await api.connect();
  const lines = [
    `POST ${path} HTTP/1.1`,
    `X-Exosite-CIK: ${api.cik}`,
    `Content-Encoding: ${coding}`,
    `Content-Length: ${body.length}`,
  ];
  return (await client.send(lines, body).response())!;
}

describe('compressed bodies', () => {
  it.each(codings)(
    'of records and writes in %s are stored, and the answers are those of plain ones',
    async (coding) => {
      await using api = await runDeviceApi();
      const body = (text: string) => encoders[coding](text);
      const points = Array.from({ length: 5000 }, (_, index) => `${1_700_000_000 + index}=${index}`);
      const record = await post(
        api,
        '/onep:v1/stack/record',
        coding,
        body(`alias=integer&${points.join('&')}`),
      );
      expect([record.status, record.headerLines.length]).toEqual([204, 2]);
      expect(await api.history('integer')).toHaveLength(5000);
      expect((await post(api, '/onep:v1/stack/alias', coding, body('string=a%26b'))).status).toBe(204);
      expect((await post(api, '/onep:v1/stack/alias/string', coding, body('5=old'))).status).toBe(204);
      expect((await api.history('string')).map(([, value]) => value)).toEqual(['old', 'a&b']);
    },
  );

  it.each(codings)(
    'that unpack to more than the limit in %s are refused, and unpacked no further',
    async (coding) => {
      await using api = await runDeviceApi();
      const bomb = encoders[coding](Buffer.alloc(50 * 1024 * 1024, 'string=a&'));
      expect(bomb.length).toBeLessThan(1024 * 1024);
      expect((await post(api, '/onep:v1/stack/record', coding, bomb)).status).toBe(413);
      expect(await api.history('string')).toEqual([]);
    },
  );

  it('that are damaged, or in a coding that is not undone here, are refused', async () => {
    await using api = await runDeviceApi();
    const whole = gzipSync('string=a');
    expect((await post(api, '/onep:v1/stack/alias', 'gzip', whole.subarray(0, -4))).status).toBe(400);
    expect((await post(api, '/onep:v1/stack/alias', 'gzip', Buffer.from('string=a'))).status).toBe(400);
    expect((await post(api, '/onep:v1/stack/alias', 'zstd', Buffer.alloc(0))).status).toBe(400);
    for (const coding of ['br', 'deflate', 'gzip, zstd']) {
      expect((await post(api, '/onep:v1/stack/alias', coding, whole)).status).toBe(415);
    }
    expect(await api.history('string')).toEqual([]);
  });

  it.each(['identity', 'utf-8', ''])(
    'plain ones that call themselves %j are taken as before',
    async (coding) => {
      await using api = await runDeviceApi();
      expect((await post(api, '/onep:v1/stack/alias', coding, Buffer.from('string=a'))).status).toBe(204);
      expect((await api.history('string')).map(([, value]) => value)).toEqual(['a']);
    },
  );

  it('whatever bytes come are unpacked or refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom(...codings),
        async (bytes, coding) => {
          // Half of them begin as such a body does.
          const body = Buffer.concat([encoders[coding]('a=1').subarray(0, bytes[0] ?? 0), bytes]);
          const outcome = await decodeBody(body, coding, 1000).catch((error: unknown) => error);
          if (!Buffer.isBuffer(outcome)) expect(outcome).toBeInstanceOf(Refusal);
        },
      ),
    );
  });

  it('name their coding in any case, the older name of gzip included', () => {
    expect(['GZIP', 'x-gzip', 'zstd', 'plain', undefined].map(encodingOf)).toEqual([
      'gzip',
      'gzip',
      'zstd',
      undefined,
      undefined,
    ]);
  });
});

describe('the capabilities', () => {
  it('are told at a path of their own, without a key', async () => {
    await using api = await runDeviceApi({ logger: silentLogger });
    using client = await api.connect();
    const answer = await client.answerTo('GET', '/.well-known/gateway-engine');
    expect(answer.status).toBe(200);
    expect(answer.headerLines).toContain('Content-Type: application/json');
    expect(parseCapabilities(answer.body)).toMatchObject({
      acceptEncoding: ['zstd', 'gzip'],
      dataBodyBytes: 1024 * 1024,
      updateTrust: ['tuf'],
    });
    expect((await client.answerTo('POST', '/.well-known/gateway-engine', {}, '')).status).toBe(405);
  });
});
