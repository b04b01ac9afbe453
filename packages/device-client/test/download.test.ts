import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DeviceClient, type Traffic } from '../src/index.ts';
import { answer, date, type RawAnswer, RawServer, raw, rawThenCut } from './support/raw-server.ts';

const product = { vendor: 'p1', model: 'p1' };

async function downloading(given: RawAnswer | RawAnswer[], timeoutMs = 500) {
  const server = await RawServer.start(given);
  const traffic: Traffic[] = [];
  const client = new DeviceClient({
    server: server.url,
    timeoutMs,
    onTraffic: (entry) => traffic.push(entry),
  });
  return {
    server,
    client,
    traffic,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const partial = (range: string, body: string) =>
  answer('206 Partial Content', body, `Content-Range: bytes ${range}\r\n`);

describe('a download', () => {
  test('gives the size and the bytes', async () => {
    await using it = await downloading(answer('200 OK', '0123456789'));
    const { status, total, body } = await it.client.download(product, 'a&b.tar.gz');
    expect([status, total, await textOf(body)]).toEqual([200, 10, '0123456789']);
    expect(it.server.requests[0]?.head).toContain('?vendor=p1&model=p1&id=a%26b.tar.gz ');
    expect(it.server.requests[0]?.head).not.toMatch(/range/i);
    expect(it.traffic).toHaveLength(1);
  });

  test('continues from a position', async () => {
    await using it = await downloading(partial('7-9/10', '789'));
    const { status, total, body } = await it.client.download(product, 'a', { from: 7 });
    expect([status, total, await textOf(body)]).toEqual([206, 10, '789']);
    expect(it.server.requests[0]?.head).toContain('Range: bytes=7-');
  });

  test('of a delta names both contents', async () => {
    await using it = await downloading(partial('7-9/10', '789'));
    const contents = { from: 'a.v1.tar.gz', to: 'a.v2.tar.gz' };
    const { status, total, body } = await it.client.downloadDelta(contents, { from: 7 });
    expect([status, total, await textOf(body)]).toEqual([206, 10, '789']);
    expect(it.server.requests[0]?.head).toMatch(
      /^GET \/gateway-engine\/v1\/delta\?from=a\.v1\.tar\.gz&to=a\.v2\.tar\.gz /,
    );
    expect(it.server.requests[0]?.head).toContain('Range: bytes=7-');
  });

  test('says so when the server begins at 0 all the same', async () => {
    await using it = await downloading(answer('200 OK', '0123456789'));
    const { status, body } = await it.client.download(product, 'a', { from: 7 });
    expect([status, await textOf(body)]).toEqual([200, '0123456789']);
  });

  test.each([
    ['begins elsewhere', partial('6-9/10', '6789')],
    ['ends early', partial('7-8/10', '78')],
    ['is shorter than its range', partial('7-9/10', '78')],
    ['has no range', answer('206 Partial Content', '789')],
    ['has a range without a total', partial('7-9/*', '789')],
    ['has an impossible range', partial('9-7/10', '789')],
    ['has no length', rawThenCut(`HTTP/1.1 200 OK\r\n${date}\r\n0123456789`)],
    ['is chunked', raw(`HTTP/1.1 200 OK\r\n${date}Transfer-Encoding: chunked\r\n\r\n1\r\n0\r\n0\r\n\r\n`)],
  ])('is refused when the answer %s', async (_, given) => {
    await using it = await downloading(given);
    await expect(it.client.download(product, 'a', { from: 7 })).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(it.traffic).toHaveLength(1);
  });

  test('an answer with a part to a request for the whole is refused', async () => {
    await using it = await downloading(partial('0-9/10', '0123456789'));
    await expect(it.client.download(product, 'a')).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      status: 206,
    });
  });

  test.each([403, 404, 416])('is refused with status %i', async (status) => {
    await using it = await downloading(answer(`${status} No`, 'no', 'Content-Range: bytes */10\r\n'));
    const call = it.client.download(product, 'a', { from: 10 });
    await expect(call).rejects.toMatchObject({ code: 'HTTP_STATUS', status });
  });

  test('that is cut rejects after the bytes that came', async () => {
    await using it = await downloading(
      rawThenCut(`HTTP/1.1 200 OK\r\n${date}Content-Length: 10\r\n\r\n0123`),
    );
    const { body } = await it.client.download(product, 'a');
    await expect(textOf(body)).rejects.toMatchObject({ code: 'NETWORK' });
    expect(it.traffic).toHaveLength(1);
  });

  test('that stalls runs out of time', async () => {
    await using it = await downloading(raw(`HTTP/1.1 200 OK\r\n${date}Content-Length: 10\r\n\r\n0123`), 200);
    const { body } = await it.client.download(product, 'a');
    await expect(textOf(body)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('that nobody reads does not hold its connection for ever', async () => {
    await using it = await downloading(answer('200 OK', 'x'.repeat(1_000_000)), 200);
    const { body } = await it.client.download(product, 'a');
    await new Promise((resolve) => setTimeout(resolve, 400));
    await expect(textOf(body)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(it.traffic).toHaveLength(1);
  });

  test('can be aborted while it comes', async () => {
    await using it = await downloading(raw(`HTTP/1.1 200 OK\r\n${date}Content-Length: 10\r\n\r\n0123`), 5000);
    const { body } = await it.client.download(product, 'a', { signal: AbortSignal.timeout(100) });
    await expect(textOf(body)).rejects.toMatchObject({ name: 'TimeoutError', code: 23 });
  });

  test('that is aborted does not seem complete, even when all of it has come', async () => {
    await using it = await downloading(answer('200 OK', 'x'.repeat(30_000)));
    const controller = new AbortController();
    const { body } = await it.client.download(product, 'a', { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort(new Error('stop'));
    await expect(textOf(body)).rejects.toThrow('stop');
  });

  test('that is left early ends its connection and is counted once', async () => {
    await using it = await downloading(answer('200 OK', 'x'.repeat(10_000_000)));
    const { body } = await it.client.download(product, 'a');
    for await (const chunk of body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    while (it.server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(it.traffic).toHaveLength(1);
  });

  test('is repeated by the retry schedule until its answer begins', async () => {
    await using server = await RawServer.start([
      rawThenCut(''),
      answer('502 Bad Gateway'),
      answer('200 OK', 'abc'),
    ]);
    const client = new DeviceClient({
      server: server.url,
      retry: { initialMs: 1, factor: 1, maximumMs: 1, jitter: 0, attempts: 2 },
    });
    expect(await textOf((await client.download(product, 'a')).body)).toBe('abc');
    client.close();
  });

  test('keeps its connection for the next call when it is read to the end', async () => {
    await using it = await downloading([answer('200 OK', 'abc'), answer('200 OK', '1')]);
    await textOf((await it.client.download(product, 'a')).body);
    await it.client.timestamp();
    expect(it.server.connections).toBe(1);
  });

  test('of an empty content ends at once', async () => {
    await using it = await downloading(answer('200 OK', ''));
    const { total, body } = await it.client.download(product, 'a');
    expect([total, await textOf(body)]).toEqual([0, '']);
  });
});

test('a slow reader slows the sender down, is not out of time, and gets every byte', async () => {
  const content = randomBytes(24 * 1024 * 1024);
  let taken = 0;
  await using it = await downloading((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${date}Content-Length: ${content.length}\r\n\r\n`);
    const send = (from: number) => {
      const piece = content.subarray(from, from + 65_536);
      if (piece.length === 0) return;
      socket.write(piece, () => {
        taken = from + piece.length;
        send(taken);
      });
    };
    send(0);
  }, 300);
  const { body } = await it.client.download(product, 'a');
  const hash = createHash('sha256');
  let pieces = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    // Longer than the time limit: the line waits for the reader here.
    if (pieces++ === 10) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(taken).toBeLessThan(content.length);
    }
  }
  expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
  expect(it.traffic[0]?.bytesReceived).toBeGreaterThan(content.length);
});
