import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { freePort } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { DeviceClient, type Traffic } from '../src/index.ts';
import { answer, date, RawServer, raw, rawThenCut, silence } from './support/raw-server.ts';

const cik = '0123456789abcdef0123456789abcdef01234567';
const head = `HTTP/1.1 200 OK\r\n${date}`;

function clientOf(server: { url: string }, options: { timeoutMs?: number; wholeTimeoutMs?: number } = {}) {
  return new DeviceClient({ server: server.url, cik, timeoutMs: 1000, ...options });
}

describe('an answer that goes wrong', () => {
  test.each([
    ['the connection is cut at once', 'NETWORK', rawThenCut('')],
    ['it is cut within the head', 'NETWORK', rawThenCut('HTTP/1.1 200 OK\r\nDate: Th')],
    ['it is cut within the body', 'NETWORK', rawThenCut(`${head}Content-Length: 10\r\n\r\na=1`)],
    ['it is cut within a chunk', 'NETWORK', rawThenCut(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\na=`)],
    ['a chunk has no size', 'PROTOCOL', raw(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\na=\r\nzz\r\n`)],
    ['it is not HTTP', 'PROTOCOL', raw('SSH-2.0-OpenSSH_9.2\r\n\r\n')],
    ['its length is no number', 'PROTOCOL', raw(`${head}Content-Length: ten\r\n\r\n`)],
    ['it has two lengths', 'PROTOCOL', raw(`${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\na=1`)],
    ['its head has no end', 'PROTOCOL', raw(`${head}X: ${'x'.repeat(100_000)}`)],
    ['nothing comes', 'TIMEOUT', silence],
    ['half a head comes and no more', 'TIMEOUT', raw('HTTP/1.1 200 OK\r\nDate')],
    ['half a body comes and no more', 'TIMEOUT', raw(`${head}Content-Length: 10\r\n\r\na=1`)],
  ])('%s: %s', async (_, code, given) => {
    await using server = await RawServer.start(given);
    const traffic: Traffic[] = [];
    const client = new DeviceClient({
      server: server.url,
      cik,
      timeoutMs: 1000,
      onTraffic: (entry) => traffic.push(entry),
    });
    const error = await client.writeRead([['a', 'secret-value']], ['b']).catch((reason) => reason);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(server.url);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(new RegExp(`${cik}|secret-value`));
    expect(traffic).toHaveLength(1);
    expect(traffic[0]?.bytesSent).toBeGreaterThan(100);
    client.close();
  });

  test('bytes beyond the announced length do not become the next answer', async () => {
    await using server = await RawServer.start([
      raw(`${head}Content-Length: 3\r\n\r\na=1HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na=2`),
      answer('200 OK', 'a=3'),
    ]);
    const client = clientOf(server);
    expect((await client.read(['a'])).values.get('a')).toBe('1');
    expect((await client.read(['a'])).values.get('a')).toBe('3');
    client.close();
  });

  test('bytes beyond the announced length that come later do not become the next answer', async () => {
    await using server = await RawServer.start([
      (socket) => {
        socket.write(`${head}Content-Length: 3\r\n\r\na=1`);
        setTimeout(() => socket.write(`${head}Content-Length: 3\r\n\r\na=2`), 50);
      },
      answer('200 OK', 'a=3'),
    ]);
    const client = clientOf(server);
    await client.read(['a']);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await client.read(['a'])).values.get('a')).toBe('3');
    client.close();
  });

  test('a body on a 204 does not become the next answer', async () => {
    await using server = await RawServer.start([
      answer('204 No Content', 'surprise'),
      answer('200 OK', 'a=3'),
    ]);
    const client = clientOf(server);
    expect(await client.write([['a', '1']])).toMatchObject({ status: 204 });
    expect((await client.read(['a'])).values.get('a')).toBe('3');
    client.close();
  });

  test('the answer of a server that closes to mark the end is whole', async () => {
    await using server = await RawServer.start((socket) => {
      socket.end(`HTTP/1.1 200 OK\r\n${date}Connection: close\r\n\r\na=1`);
    });
    expect((await clientOf(server).read(['a'])).values.get('a')).toBe('1');
  });

  test('an answer of another version and an interim answer are understood', async () => {
    await using server = await RawServer.start([
      raw(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${head}Content-Length: 3\r\n\r\na=1`),
      (socket) => {
        socket.end(`HTTP/1.0 200 OK\r\n${date}\r\na=2`);
      },
    ]);
    const client = clientOf(server);
    expect((await client.read(['a'])).values.get('a')).toBe('1');
    expect((await client.read(['a'])).values.get('a')).toBe('2');
    client.close();
  });
});

describe('time limits', () => {
  test('a slow answer that keeps coming is waited for', async () => {
    await using server = await RawServer.start(async (socket) => {
      socket.write(`${head}Content-Length: 10\r\n\r\n`);
      for (const byte of 'a=12345678') {
        await new Promise((resolve) => setTimeout(resolve, 80));
        socket.write(byte);
      }
    });
    const client = clientOf(server, { timeoutMs: 300 });
    expect((await client.read(['a'])).values.get('a')).toBe('12345678');
    client.close();
  });

  test('a call as a whole has a limit too', async () => {
    await using server = await RawServer.start(async (socket) => {
      socket.write(`${head}Content-Length: 100\r\n\r\n`);
      while (!socket.destroyed) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        socket.write('x');
      }
    });
    const client = clientOf(server, { timeoutMs: 200, wholeTimeoutMs: 400 });
    await expect(client.read(['a'])).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('0.4 s'),
    });
  });

  test('a TLS handshake that is never answered runs out of time', async () => {
    await using server = await RawServer.start(silence);
    const client = clientOf({ url: server.url.replace('http:', 'https:') }, { timeoutMs: 200 });
    await expect(client.read(['a'])).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('no connection'),
    });
  });
});

describe('abort', () => {
  test('before the call nothing is sent', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(clientOf(server).write([], { signal })).rejects.toThrow('stop');
    expect(server.connections).toBe(0);
  });

  test('right after the call, before anything is sent, is heard', async () => {
    await using server = await RawServer.start(silence);
    const controller = new AbortController();
    const poll = clientOf(server).longPoll('a', { waitMs: 60_000, signal: controller.signal });
    controller.abort(new Error('stop'));
    await expect(poll).rejects.toThrow('stop');
    expect(server.connections).toBe(0);
  });

  test('while waiting ends the connection and rejects with the reason', async () => {
    await using server = await RawServer.start(silence);
    const controller = new AbortController();
    const poll = clientOf(server).longPoll('a', { waitMs: 60_000, signal: controller.signal });
    poll.catch(() => undefined);
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort(new Error('stop'));
    await expect(poll).rejects.toThrow('stop');
    while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('while TLS is set up ends the connection', async () => {
    await using server = await RawServer.start(silence);
    const client = clientOf({ url: server.url.replace('http:', 'https:') });
    await expect(client.read(['a'], { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('close ends calls that wait', async () => {
    await using server = await RawServer.start(silence);
    const client = clientOf(server, { timeoutMs: 5000 });
    const call = client.read(['a']);
    call.catch(() => undefined);
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    client.close();
    await expect(call).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

describe('connections', () => {
  test('one is kept for the next call', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    const client = clientOf(server);
    for (let call = 0; call < 3; call++) await client.write([['a', '1']]);
    expect(server.connections).toBe(1);
    client.close();
  });

  test('one that is idle for long is closed, one in use is not', async () => {
    await using server = await RawServer.start([
      (socket, request) => {
        setTimeout(() => void answer('200 OK', '1')(socket, request), 300);
      },
      answer('200 OK', '2'),
    ]);
    const client = new DeviceClient({ server: server.url, timeoutMs: 5000, keepIdleMs: 400 });
    expect(await client.timestamp()).toBe(1);
    expect(await client.timestamp()).toBe(2);
    expect(server.connections).toBe(1);
    while (server.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    client.close();
  });

  test('one that the server closes between two calls does not disturb', async () => {
    await using server = await RawServer.start((socket, request) => {
      void answer('204 No Content')(socket, request);
      setTimeout(() => socket.end(), 20);
    });
    const client = clientOf(server);
    for (let call = 0; call < 3; call++) {
      await client.write([['a', '1']]);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(server.connections).toBe(3);
    client.close();
  });

  test('one that was closed while this process was busy does not disturb a write', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    const client = clientOf(server);
    await client.write([['a', '1']]);
    for (const socket of server.sockets) socket.destroy();
    await client.write([['a', '2']]);
    expect(server.requests.map((request) => request.body)).toEqual(['a=1', 'a=2']);
    client.close();
  });

  test('a read on one that is closed upon the request is sent again on a fresh one, once', async () => {
    await using server = await RawServer.start([
      answer('204 No Content'),
      rawThenCut(''),
      answer('200 OK', 'a=1'),
    ]);
    const client = clientOf(server);
    await client.write([['a', '1']]);
    expect((await client.read(['a'])).values.get('a')).toBe('1');
    expect(server.requests.map((request) => request.connection)).toEqual([1, 1, 2]);
    client.close();
  });

  test('a write is not sent again: it may have been stored', async () => {
    await using server = await RawServer.start([answer('204 No Content'), rawThenCut('')]);
    const client = clientOf(server);
    await client.write([['a', '1']]);
    await expect(client.write([['a', '2']])).rejects.toMatchObject({ code: 'NETWORK' });
    expect(server.requests).toHaveLength(2);
    client.close();
  });

  test('a call that fails on a fresh connection, or after a part of the answer, is not sent again', async () => {
    await using server = await RawServer.start([
      rawThenCut(''),
      answer('200 OK', 'a=1'),
      rawThenCut(`${head}Content-Length: 3\r\n\r\n`),
    ]);
    const client = clientOf(server);
    await expect(client.read(['a'])).rejects.toMatchObject({ code: 'NETWORK' });
    await client.read(['a']);
    await expect(client.read(['a'])).rejects.toMatchObject({ code: 'NETWORK' });
    expect(server.requests).toHaveLength(3);
    client.close();
  });

  test('nobody listening is a network error with the cause', async () => {
    const client = clientOf({ url: `http://127.0.0.1:${await freePort()}` });
    await expect(client.timestamp()).rejects.toMatchObject({
      code: 'NETWORK',
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    });
  });
});

describe('the retry schedule', () => {
  const retry = { initialMs: 5, factor: 1, maximumMs: 5, jitter: 0, attempts: 2 };

  test('repeats idempotent calls after a cut, a time-out and a 5xx', async () => {
    await using server = await RawServer.start([
      rawThenCut(''),
      answer('503 Service Unavailable'),
      answer('204 No Content'),
      silence,
      answer('200 OK', 'a=1'),
    ]);
    const client = new DeviceClient({ server: server.url, timeoutMs: 1000, retry });
    expect(await client.record([['a', [[1, '1']]]])).toMatchObject({ status: 204 });
    expect((await client.read(['a'])).values.get('a')).toBe('1');
    client.close();
  });

  test('ends with the last failure', async () => {
    await using server = await RawServer.start(answer('500 Internal Server Error'));
    const client = new DeviceClient({ server: server.url, retry });
    await expect(client.timestamp()).rejects.toMatchObject({ status: 500 });
    expect(server.requests).toHaveLength(3);
    client.close();
  });

  test('does not repeat a refusal, a write, a hybrid or an activation', async () => {
    await using server = await RawServer.start([
      answer('404 Not Found'),
      answer('500 Internal Server Error'),
    ]);
    const client = new DeviceClient({ server: server.url, retry });
    await expect(client.read(['a'])).rejects.toMatchObject({ status: 404 });
    await expect(client.write([['a', '1']])).rejects.toMatchObject({ status: 500 });
    await expect(client.writeRead([['a', '1']], ['b'])).rejects.toMatchObject({ status: 500 });
    const activation = client.activate({ vendor: 'v', model: 'm', serial: 's' });
    await expect(activation).rejects.toMatchObject({ status: 500 });
    expect(server.requests).toHaveLength(4);
    client.close();
  });

  test('an abort ends the pause between two tries', async () => {
    await using server = await RawServer.start(answer('500 Internal Server Error'));
    const client = new DeviceClient({
      server: server.url,
      retry: { initialMs: 60_000, factor: 1, maximumMs: 60_000, jitter: 0 },
    });
    await expect(client.read(['a'], { signal: AbortSignal.timeout(100) })).rejects.toThrow();
    client.close();
  });
});

test('a port that accepts and closes at once is a network error', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(clientOf({ url: `http://127.0.0.1:${port}` }).timestamp()).rejects.toMatchObject({
    code: 'NETWORK',
  });
  server.close();
});
