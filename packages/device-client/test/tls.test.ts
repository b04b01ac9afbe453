import { selfSignedCertificate } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { DeviceClient } from '../src/index.ts';
import { answer, RawServer } from './support/raw-server.ts';

const certificate = selfSignedCertificate();

test('a certificate of the given authority is trusted, on every connection', async () => {
  await using server = await RawServer.start(answer('200 OK', '1', 'Connection: close\r\n'), certificate);
  const client = new DeviceClient({ server: server.url, ca: Buffer.from(certificate.cert) });
  expect(await client.timestamp()).toBe(1);
  expect(await client.timestamp()).toBe(1);
  expect(server.connections).toBe(2);
  client.close();
});

test('one TLS connection serves several calls', async () => {
  await using server = await RawServer.start(answer('200 OK', '1'), certificate);
  const client = new DeviceClient({
    server: server.url.replace('127.0.0.1', 'localhost'),
    ca: certificate.cert,
  });
  for (let call = 0; call < 3; call++) expect(await client.timestamp()).toBe(1);
  expect(server.connections).toBe(1);
  client.close();
});

test.each([
  ['of an unknown authority', undefined],
  ['of another authority', selfSignedCertificate().cert],
])('a certificate %s is a network error and nothing is sent', async (_, ca) => {
  await using server = await RawServer.start(answer('200 OK', '1'), certificate);
  const client = new DeviceClient({ server: server.url, ca });
  await expect(client.timestamp()).rejects.toMatchObject({ code: 'NETWORK' });
  expect(server.requests).toHaveLength(0);
});

test('a certificate for another host is a network error that holds no certificate', async () => {
  await using server = await RawServer.start(answer('200 OK', '1'), certificate);
  const client = new DeviceClient({
    server: server.url,
    ca: certificate.cert,
    serverName: 'other.example',
  });
  const error = await client.timestamp().catch((reason) => reason);
  expect(error).toMatchObject({ code: 'NETWORK', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  expect(error.cause).not.toHaveProperty('cert');
});

test('plain HTTP where TLS is expected is a network error', async () => {
  await using server = await RawServer.start(answer('200 OK', '1'));
  const { port } = server;
  const plain = new DeviceClient({ server: `https://127.0.0.1:${port}`, timeoutMs: 500 });
  await expect(plain.timestamp()).rejects.toMatchObject({ code: expect.stringMatching(/NETWORK|TIMEOUT/) });
});
