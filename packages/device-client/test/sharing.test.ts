import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { DeviceClient } from '../src/index.ts';

test('clients of several devices share the connection of one, and closing one of them leaves it open', async () => {
  const seen: [key: IncomingMessage['headers'][string], socket: Socket][] = [];
  const server = createServer((request, response) => {
    seen.push([request.headers['x-exosite-cik'], request.socket]);
    request.resume();
    response.writeHead(204, { 'Content-Length': 0 }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sharing = new DeviceClient({ server: `http://127.0.0.1:${port}`, accounting: false });
  try {
    for (const digit of ['a', 'b', 'c']) {
      const client = new DeviceClient({ sharing, cik: digit.repeat(40) });
      await client.record([['x', [[1, 'v']]]]);
      client.close();
    }
    expect(seen.map(([key]) => key)).toEqual(['a', 'b', 'c'].map((digit) => digit.repeat(40)));
    expect(new Set(seen.map(([, socket]) => socket)).size).toBe(1);
  } finally {
    sharing.close();
    await new Promise((resolve) => server.close(resolve));
  }
});
