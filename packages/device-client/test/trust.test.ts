import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import { selfSignedCertificate, temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { DeviceClient, pinOf, Trust } from '../src/index.ts';
import { systemAuthorities } from '../src/trust.ts';
import { answer, RawServer } from './support/raw-server.ts';

const server = selfSignedCertificate();
const device = selfSignedCertificate();
const otherPin = pinOf(device.cert);

describe('a pinned key', () => {
  test.each([pinOf(server.cert), pinOf(server.cert).replace('/', '//')])(
    'of the server (%s) is accepted on every connection, among others',
    async (pin) => {
      await using raw = await RawServer.start(answer('200 OK', '1', 'Connection: close\r\n'), server);
      const client = new DeviceClient({ server: raw.url, ca: server.cert, pins: [otherPin, pin] });
      for (let call = 0; call < 3; call++) expect(await client.timestamp()).toBe(1);
      client.close();
    },
  );

  test('that the server does not have is a network error that names its key, and nothing is sent', async () => {
    await using raw = await RawServer.start(answer('200 OK', '1'), server);
    const client = new DeviceClient({ server: raw.url, ca: server.cert, pins: [otherPin] });
    await expect(client.timestamp()).rejects.toMatchObject({
      code: 'NETWORK',
      cause: { code: 'CERT_NOT_PINNED', message: expect.stringContaining(pinOf(server.cert)) },
    });
    expect(raw.requests).toHaveLength(0);
  });

  test('does not stand in for an authority', async () => {
    await using raw = await RawServer.start(answer('200 OK', '1'), server);
    const client = new DeviceClient({ server: raw.url, pins: [pinOf(server.cert)] });
    await expect(client.timestamp()).rejects.toMatchObject({ code: 'NETWORK' });
  });

  test.each(['', 'sha256/short', 'sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAA='])('%j is none', (pin) => {
    expect(() => new DeviceClient({ server: 'https://a', pins: [pin] })).toThrow(UsageError);
  });
});

describe('a client certificate', () => {
  const strict = { ...server, requestCert: true, rejectUnauthorized: true, ca: device.cert };

  test('is shown to a server that asks for it, also when several clients share the trust', async () => {
    await using raw = await RawServer.start(answer('200 OK', '1'), strict);
    const trust = new Trust({ ca: server.cert, cert: device.cert, key: device.key });
    for (let count = 0; count < 2; count++) {
      const client = new DeviceClient({ server: raw.url, trust });
      expect(await client.timestamp()).toBe(1);
      client.close();
    }
  });

  test('that is missing is a network error', async () => {
    await using raw = await RawServer.start(answer('200 OK', '1'), strict);
    const client = new DeviceClient({ server: raw.url, ca: server.cert });
    await expect(client.timestamp()).rejects.toMatchObject({ code: 'NETWORK' });
    client.close();
  });

  test('without its key, or that is no certificate, is a mistake of the caller', async () => {
    expect(() => new Trust({ cert: device.cert })).toThrow(UsageError);
    const client = new DeviceClient({ server: 'https://127.0.0.1:1', cert: 'nonsense', key: device.key });
    await expect(client.timestamp()).rejects.toBeInstanceOf(UsageError);
  });
});

test('the authorities of the system are those of its bundle that the runtime does not know', async () => {
  await using folder = await temporaryFolder();
  const bundle = join(folder.path, 'ca.crt');
  writeFileSync(bundle, `# ours\n${server.cert}\n${device.cert}`);
  expect(systemAuthorities([join(folder.path, 'none'), bundle], {})).toHaveLength(2);
  expect(systemAuthorities([], { SSL_CERT_FILE: bundle })).toHaveLength(2);
  expect(systemAuthorities([join(folder.path, 'none')], {})).toEqual([]);
});
