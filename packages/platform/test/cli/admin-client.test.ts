import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { freePort } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { ErrorBody, ProductList } from '../../src/admin/schemas.ts';
import { AdminClient } from '../../src/cli/admin-client.ts';

async function serving(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    client: new AdminClient({ url, token: 'secret-token' }),
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const products = (client: AdminClient) => client.get(ProductList, ['products']);

test('the token is sent as a bearer, and the path keeps every character of a name', async () => {
  const seen: unknown[] = [];
  await using server = await serving((request, response) => {
    seen.push(request.url, request.headers.authorization);
    response.end('{"products": []}');
  });
  await server.client.get(ProductList, ['a/b?c', '..', 'é %'], { limit: '5' });
  expect(seen).toEqual(['/api/v1/a%2Fb%3Fc/../%C3%A9%20%25?limit=5', 'Bearer secret-token']);
});

test("an address with a path in front of the API's is kept", async () => {
  const seen: unknown[] = [];
  await using server = await serving((request, response) => {
    seen.push(request.url);
    response.end('{"products": []}');
  });
  for (const path of ['/gateways', '/gateways/']) {
    await products(new AdminClient({ url: new URL(path, server.url), token: 't' }));
  }
  expect(seen).toEqual(['/gateways/api/v1/products', '/gateways/api/v1/products']);
});

test('where nothing listens, the address is named and what to do', async () => {
  const url = new URL(`http://127.0.0.1:${await freePort()}`);
  const client = new AdminClient({ url, token: 't' });
  const sentence = `nothing answers at ${url.origin}; start the platform (gwe-platform serve) or correct --url or GWE_PLATFORM_URL`;
  await expect(products(client)).rejects.toThrow(sentence);
  const chunks = [Buffer.alloc(10)];
  await expect(client.upload(ProductList, ['x'], { contentType: 'a/b', size: 10, chunks })).rejects.toThrow(
    sentence,
  );
});

test('an unknown host is named', async () => {
  const client = new AdminClient({ url: new URL('http://no-such-host.invalid'), token: 't' });
  await expect(products(client)).rejects.toThrow('there is no address for the host no-such-host.invalid');
});

test('a refusal is told in the words of the platform, with its code', async () => {
  await using server = await serving((_request, response) => {
    response.writeHead(409).end(JSON.stringify({ error: { code: 'EXISTS', message: 'it is there' } }));
  });
  await expect(products(server.client)).rejects.toMatchObject({
    message: 'it is there',
    reason: 'EXISTS',
    status: 409,
  });
});

test('a token that is not accepted says which variable to set, and is not shown', async () => {
  await using server = await serving((_request, response) => {
    response.writeHead(401).end(JSON.stringify({ error: { code: 'UNAUTHORIZED', message: 'x' } }));
  });
  const error = await products(server.client).catch((caught: Error) => caught);
  expect(error).toMatchObject({
    message: 'the platform does not accept the token; set GWE_PLATFORM_TOKEN or --token to a valid one',
  });
  expect(JSON.stringify(error)).not.toContain('secret-token');
});

test('some other server at the address is recognised, whatever it answers', async () => {
  for (const [status, body] of [
    [200, '<html>hello</html>'],
    [200, '{"products": 5}'],
    [404, 'not here'],
    [502, '{"error": "bad gateway"}'],
  ] as const) {
    await using server = await serving((_request, response) => response.writeHead(status).end(body));
    await expect(products(server.client)).rejects.toThrow(/as a Gateway Engine platform.*check --url/);
  }
});

test('a connection that is cut before or within the answer is an error', async () => {
  await using before = await serving((request) => request.socket.destroy());
  await expect(products(before.client)).rejects.toThrow('was cut; try again');
  await using within = await serving((request, response) => {
    response.writeHead(200, { 'Content-Length': 100 });
    response.write('{"products"');
    setImmediate(() => request.socket.destroy());
  });
  await expect(products(within.client)).rejects.toThrow('was cut; try again');
});

test('something that speaks no HTTP is an error', async () => {
  const server = createTcpServer((socket) => socket.end('SSH-2.0-hello\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect(products(new AdminClient({ url, token: 't' }))).rejects.toThrow('cannot be reached');
  server.close();
});

test('a refusal of an upload is heard before the upload is over', async () => {
  await using server = await serving((_request, response) => {
    response.writeHead(413).end(JSON.stringify({ error: { code: 'TOO_LARGE', message: 'too large' } }));
  });
  let sent = 0;
  async function* endless() {
    for (;;) {
      sent += 65_536;
      yield Buffer.alloc(65_536);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const body = { contentType: 'a/b', size: Number.MAX_SAFE_INTEGER, chunks: endless() };
  await expect(server.client.upload(ErrorBody, ['x'], body)).rejects.toThrow('too large');
  const then = sent;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(sent).toBe(then);
});

test('a body that cannot be read to its end ends the request with its own error', async () => {
  await using server = await serving((request) => request.resume());
  async function* broken() {
    yield Buffer.alloc(10);
    throw new Error('the file became shorter');
  }
  const body = { contentType: 'a/b', size: 100, chunks: broken() };
  await expect(server.client.upload(ErrorBody, ['x'], body)).rejects.toThrow('the file became shorter');
});
