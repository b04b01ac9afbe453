import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { decodeForm } from '@gateway-engine/device-api';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { GmqProcess } from '../support/gmq-process.ts';

const key = 'a'.repeat(40);

/** A platform on an address that is not the loopback's, so that what goes there goes over an interface with a budget. */
async function startPlatform() {
  const [own] = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  if (!own) throw new Error('this machine has no interface with an IPv4 address but the loopback');
  const values: string[] = [];
  const take = async (request: IncomingMessage) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST') return 404;
    values.push(...decodeForm(Buffer.concat(chunks)).map(([, value]) => value ?? ''));
    return 204;
  };
  const server = createServer((request, response) => {
    take(request).then(
      (status) => response.writeHead(status).end(),
      (error: Error) => response.destroy(error),
    );
  });
  server.listen(0, own.address);
  await once(server, 'listening');
  return {
    url: `http://${own.address}:${(server.address() as AddressInfo).port}`,
    values,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it('records wait while the gateway is over its byte budget, and go when it has room', {
  timeout: 60_000,
}, async () => {
  await using platform = await startPlatform();
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'etc'));
  const budget = (text: string) =>
    writeFile(join(folder.path, 'etc', 'Engine.config'), `[budget]\n* = ${text}\n`);
  await budget('1kB/day');
  await using gmq = await GmqProcess.start(folder.path, platform.url);
  const write = async (value: string) => expect(await gmq.write(key, `test=${value}`)).toBe(204);
  await write('a'.repeat(2_000));
  await waitUntil('the first one', () => platform.values.includes('a'.repeat(2_000)));
  await write('second');
  await waitUntil('the reason', async () =>
    (await gmq.send('GET', '/status')).body.includes('the byte budget holds them back until'),
  );
  expect(platform.values).not.toContain('second');
  await budget('1MB/day');
  await waitUntil(
    'the second one',
    async () => {
      // It looks again by itself within a minute.
      await gmq.send('POST', '/reread');
      return platform.values.includes('second');
    },
    { timeoutMs: 30_000, everyMs: 500 },
  );
});
