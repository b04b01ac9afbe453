import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { lookOnce } from '../../src/health/look-once.ts';

const look = (text: string) =>
  lookOnce(
    text,
    { file: 'app.conf', directory: '/', environment: { PATH: process.env.PATH, WANTED: 'yes' } },
    AbortSignal.timeout(30_000),
  );

it('a program is looked at by the command of its entry, in its directory and with its environment', async () => {
  const entry = (seen: string) => `[program:app]
command = /bin/sleep 1000
directory = /tmp
environment = SEEN="${seen}"
healthcheck_command = /bin/sh -c "test $SEEN = %(ENV_WANTED)s && test $(pwd) = /tmp"
`;
  const patienceSeconds = 90;
  expect(await look(entry('yes'))).toEqual(new Map([['app', { problem: undefined, patienceSeconds }]]));
  expect(await look(entry('no'))).toEqual(new Map([['app', { problem: 'exit status 1', patienceSeconds }]]));
});

it('by its URL, and within its time', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/slow') return;
    response.writeHead(request.url === '/well' ? 204 : 503).end();
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const entry = (path: string) =>
      `[program:app]\ncommand = x\nhealthcheck_url = http://127.0.0.1:${port}${path}\nhealthcheck_timeout = 0.3\n`;
    expect((await look(entry('/well'))).get('app')?.problem).toBeUndefined();
    expect((await look(entry('/ill'))).get('app')?.problem).toBe('HTTP status 503');
    expect((await look(entry('/slow'))).get('app')?.problem).toBe('no answer within 0.3 seconds');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('a program without a check is not looked at', async () => {
  expect(await look('[program:app]\ncommand = x\n')).toEqual(new Map());
});
