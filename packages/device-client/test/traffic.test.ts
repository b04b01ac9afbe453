import { CountingRelay, freePort, selfSignedCertificate } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { DeviceClient, type Traffic } from '../src/index.ts';
import { answer, RawServer, raw, silence } from './support/raw-server.ts';

const certificate = selfSignedCertificate();

function total(traffic: readonly Traffic[]): { sent: number; received: number } {
  return {
    sent: traffic.reduce((sum, entry) => sum + entry.bytesSent, 0),
    received: traffic.reduce((sum, entry) => sum + entry.bytesReceived, 0),
  };
}

test.each([
  ['http', undefined],
  ['https', certificate],
])('over %s every byte on the line is counted for one request', async (scheme, tls) => {
  await using server = await RawServer.start(answer('200 OK', `a=${'x'.repeat(20_000)}`), tls);
  await using relay = await CountingRelay.start(server.port);
  const traffic: Traffic[] = [];
  const client = new DeviceClient({
    server: `${scheme}://127.0.0.1:${relay.port}`,
    ca: certificate.cert,
    onTraffic: (entry) => traffic.push(entry),
  });
  for (let call = 1; call <= 3; call++) {
    await client.writeRead([['b', 'y'.repeat(10_000 * call)]], ['a']);
    expect(total(traffic)).toEqual({ sent: relay.sent, received: relay.received });
  }
  expect(server.connections).toBe(1);
  expect(traffic).toHaveLength(3);
  expect(traffic[2]).toMatchObject({
    method: 'POST',
    path: '/onep:v1/stack/alias',
    host: `127.0.0.1:${relay.port}`,
    status: 200,
    localAddress: '127.0.0.1',
  });
  // The first carries the connection's set-up, the last 10,000 bytes more than the second and no set-up.
  expect(traffic[2]!.bytesSent - traffic[1]!.bytesSent).toBeGreaterThanOrEqual(10_000);
  client.close();
});

test.each([
  ['http', undefined],
  ['https', certificate],
])(
  'over %s a request that runs out of time is counted with what it sent and received',
  async (scheme, tls) => {
    await using server = await RawServer.start(
      raw('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n123'),
      tls,
    );
    await using relay = await CountingRelay.start(server.port);
    const traffic: Traffic[] = [];
    const client = new DeviceClient({
      server: `${scheme}://127.0.0.1:${relay.port}`,
      ca: certificate.cert,
      timeoutMs: 200,
      onTraffic: (entry) => traffic.push(entry),
    });
    await expect(client.read(['a'])).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(total(traffic)).toEqual({ sent: relay.sent, received: relay.received });
    expect(traffic[0]).toMatchObject({ status: 200, localAddress: '127.0.0.1' });
    expect(traffic[0]!.durationMs).toBeGreaterThanOrEqual(190);
    client.close();
  },
);

test('a TLS handshake that fails is counted', async () => {
  await using server = await RawServer.start(silence, certificate);
  await using relay = await CountingRelay.start(server.port);
  const traffic: Traffic[] = [];
  const client = new DeviceClient({
    server: `https://127.0.0.1:${relay.port}`,
    onTraffic: (entry) => traffic.push(entry),
  });
  await expect(client.read(['a'])).rejects.toMatchObject({ code: 'NETWORK' });
  expect(traffic).toHaveLength(1);
  expect(traffic[0]?.status).toBeUndefined();
  expect(traffic[0]?.bytesSent).toBeGreaterThan(200);
  expect(traffic[0]?.bytesReceived).toBeGreaterThan(400);
});

test('a request that finds nobody is reported with no bytes', async () => {
  const traffic: Traffic[] = [];
  const server = `http://127.0.0.1:${await freePort()}`;
  const client = new DeviceClient({ server, onTraffic: (entry) => traffic.push(entry) });
  await expect(client.timestamp()).rejects.toThrow();
  expect(traffic).toEqual([
    expect.objectContaining({ status: undefined, bytesSent: 0, bytesReceived: 0, localAddress: undefined }),
  ]);
});

test('each try of a call is reported', async () => {
  await using server = await RawServer.start([answer('503 Service Unavailable'), answer('200 OK', '1')]);
  const traffic: Traffic[] = [];
  const retry = { initialMs: 1, factor: 1, maximumMs: 1, jitter: 0 };
  const client = new DeviceClient({ server: server.url, retry, onTraffic: (entry) => traffic.push(entry) });
  await client.timestamp();
  expect(traffic.map((entry) => entry.status)).toEqual([503, 200]);
  client.close();
});

test('a path is reported without its query', async () => {
  await using server = await RawServer.start(answer('204 No Content'));
  const traffic: Traffic[] = [];
  const client = new DeviceClient({ server: server.url, onTraffic: (entry) => traffic.push(entry) });
  await client.listContent({ vendor: 'v', model: 'm' });
  expect(traffic[0]?.path).toBe('/provision/download');
  client.close();
});
