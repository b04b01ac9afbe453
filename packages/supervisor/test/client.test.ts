import { createServer } from 'node:http';
import { join } from 'node:path';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { isFault, SupervisorClient, SupervisorFault } from '../src/index.ts';

async function answering(status: number, body: string, delayMs = 0) {
  const port = await freePort();
  const server = createServer((_, response) => {
    setTimeout(() => response.writeHead(status).end(body), delayMs);
  }).listen(port, '127.0.0.1');
  await waitUntil('the server', () => server.listening);
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('no socket, or nobody behind it, is unreachable with advice', async () => {
  await using folder = await temporaryFolder();
  const url = `unix://${join(folder.path, 'none.sock')}`;
  const call = new SupervisorClient(url).getState();
  await expect(call).rejects.toMatchObject({ code: 'SUPERVISOR_UNREACHABLE' });
  await expect(call).rejects.toThrow(
    `no answer from the supervisor at ${url}: there is no such socket; is the supervisor running?`,
  );
  const port = await freePort();
  await expect(new SupervisorClient(`http://127.0.0.1:${port}`).getState()).rejects.toThrow(
    'nobody listens there',
  );
});

test('an address that is none is refused without showing a password', () => {
  expect(() => new SupervisorClient('ftp://user:secret@host')).toThrow(
    '"ftp://host" is not a supervisor\'s address',
  );
});

test('an answer that is no XML-RPC, or an HTTP error, is unreachable', async () => {
  await using page = await answering(200, '<html>hello</html>');
  await expect(new SupervisorClient(page.url).getState()).rejects.toThrow(
    'does not answer like a supervisor',
  );
  await using broken = await answering(500, 'oops');
  await expect(new SupervisorClient(broken.url).getState()).rejects.toThrow('HTTP status 500');
});

test('an answer that takes longer than timeoutMs is given up', async () => {
  await using slow = await answering(200, '', 5000);
  await expect(new SupervisorClient(slow.url, { timeoutMs: 50 }).getState()).rejects.toThrow(
    'nothing within 50 ms',
  );
});

test('a fault is told apart by its code', () => {
  const error: unknown = new SupervisorFault(70, 'NOT_RUNNING: app');
  expect(isFault(error, 'NOT_RUNNING')).toBe(true);
  expect(isFault(error, 'BAD_NAME')).toBe(false);
});
