import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { BodyEncoding } from '@gateway-engine/device-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyOf } from '../src/compressed-body.ts';
import { DeviceClient, ownEncodings } from '../src/index.ts';
import { answer, type RawAnswer } from './support/raw-server.ts';
import { served } from './support/served.ts';

const decoders = { gzip: gunzipSync, zstd: zstdDecompressSync } as const;
const points = Array.from({ length: 500 }, (_, index): [number, string] => [
  1_700_000_000 + index,
  `v${index}`,
]);

const serving = (answers: RawAnswer) =>
  served(answers, (server) => new DeviceClient({ server, cik: 'a'.repeat(40), timeoutMs: 2000 }));

describe('compressed records', () => {
  test.each(['gzip', 'zstd'] as const)('in %s say so, with the length of what is sent', async (encoding) => {
    await using it = await serving(answer('204 No Content'));
    await it.client.record([['a', points]], { encoding });
    const head = it.server.requests[0]?.head ?? '';
    expect(head).toContain(`Content-Encoding: ${encoding}\r\n`);
    const length = Number(/Content-Length: (\d+)/.exec(head)?.[1]);
    expect(length).toBeLessThan(3000);
  });

  test('are plain when nobody asks, and when compression would make them longer', async () => {
    await using it = await serving(answer('204 No Content'));
    await it.client.record([['a', points]]);
    await it.client.record([['a', [[5, 'v']]]], { encoding: 'zstd' });
    for (const { head } of it.server.requests) expect(head).not.toContain('Content-Encoding');
    expect(it.server.requests[1]?.body).toBe('alias=a&5=v');
  });

  test('unpack to what was packed, and are never longer', () => {
    const encodings = fc.constantFrom<BodyEncoding | undefined>(...ownEncodings, undefined);
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(text, fc.nat({ max: 50 }), encodings, (part, times, encoding) => {
        const form = part.repeat(times);
        const body = bodyOf(form, encoding);
        const plain = body.encoding ? decoders[body.encoding](body.bytes) : body.bytes;
        expect(plain.equals(Buffer.from(form))).toBe(true);
        expect(body.bytes.length).toBeLessThanOrEqual(plain.length);
      }),
    );
  });
});

describe('capabilities', () => {
  test('are asked without the key at a path of their own', async () => {
    await using it = await serving(answer('200 OK', '{"accept_encoding":["gzip"],"data_body_bytes":1000}'));
    expect(await it.client.capabilities()).toEqual({
      acceptEncoding: ['gzip'],
      dataBodyBytes: 1000,
      updateTrust: [],
      deltas: [],
    });
    expect(it.server.requests[0]?.head).toMatch(/^GET \/\.well-known\/gateway-engine HTTP\/1\.1\r\n/);
    expect(it.server.requests[0]?.head).not.toMatch(/exosite/i);
  });

  test.each([
    ['404 Not Found', ''],
    ['401 Unauthorized', ''],
    ['302 Found', ''],
    ['200 OK', '<html></html>'],
  ])('are none of a server that answers %s', async (status, body) => {
    await using it = await serving(answer(status, body));
    expect(await it.client.capabilities()).toBeUndefined();
  });

  test.each(['503 Service Unavailable', '429 Too Many Requests'])(
    'are not known of a server in trouble: %s',
    async (status) => {
      await using it = await serving(answer(status));
      await expect(it.client.capabilities()).rejects.toMatchObject({ status: Number.parseInt(status, 10) });
    },
  );
});
