import { expect, test } from 'vitest';
import { DeviceApiError, DeviceClient, NetworkError, ProtocolError, TimeoutError } from '../src/index.ts';
import { answer, date, type RawAnswer, raw, rawThenCut } from './support/raw-server.ts';
import { served } from './support/served.ts';

const serving = (answers: RawAnswer, more: { wholeTimeoutMs?: number } = {}) =>
  served(
    answers,
    (server) =>
      new DeviceClient({ server, cik: 'a'.repeat(40), timeoutMs: 5000, accounting: false, ...more }),
  );
const file = '3.targets.json';
const wanted = { maximumBytes: 1000 };

test('a metadata file is asked for with the key and given byte for byte', async () => {
  const text = '{"signed": "\u00e9\ud83d\ude00 "}\n';
  await using it = await serving(answer('200 OK', text));
  expect(await it.client.metadata(file, wanted)).toEqual(Buffer.from(text));
  expect(it.server.requests[0]?.head).toMatch(
    /^GET \/gateway-engine\/v1\/tuf\/3\.targets\.json HTTP\/1\.1\r\n/,
  );
  expect(it.server.requests[0]?.head).toContain(`X-Exosite-CIK: ${'a'.repeat(40)}`);
});

test('that there is none is an answer; any other status is an error', async () => {
  await using none = await serving(answer('404 Not Found', 'HTTP/1.1 404 Not Found\r\n'));
  expect(await none.client.metadata(file, wanted)).toBeUndefined();
  await using refused = await serving(answer('401 Unauthorized'));
  await expect(refused.client.metadata(file, wanted)).rejects.toThrow(DeviceApiError);
});

test('a longer file than is wanted is cut off, whether its length is told or it has no end', async () => {
  await using long = await serving(answer('200 OK', 'x'.repeat(1001)));
  await expect(long.client.metadata(file, wanted)).rejects.toThrow(ProtocolError);
  let sent = 0;
  const endless: RawAnswer = async (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${date}Transfer-Encoding: chunked\r\n\r\n`);
    while (!socket.destroyed) {
      sent += 1000;
      socket.write(`3e8\r\n${'x'.repeat(1000)}\r\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await using it = await serving(endless);
  await expect(it.client.metadata(file, wanted)).rejects.toThrow(/longer than 1000 bytes/);
  // What the two sockets hold between them, and no more.
  expect(sent).toBeLessThan(20_000_000);
});

test('a file that trickles in is given up when it takes too long in all', async () => {
  const trickle: RawAnswer = async (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${date}Content-Length: 900\r\n\r\n`);
    while (!socket.destroyed) {
      socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await using it = await serving(trickle, { wholeTimeoutMs: 500 });
  await expect(it.client.metadata(file, wanted)).rejects.toThrow(TimeoutError);
});

test('a file that ends early is no file', async () => {
  await using it = await serving(rawThenCut(`HTTP/1.1 200 OK\r\n${date}Content-Length: 900\r\n\r\n{}`));
  await expect(it.client.metadata(file, wanted)).rejects.toThrow(NetworkError);
  await using other = await serving(raw('nothing of the kind\r\n\r\n'));
  await expect(other.client.metadata(file, wanted)).rejects.toThrow(ProtocolError);
});
