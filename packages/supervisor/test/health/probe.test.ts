import { createServer } from 'node:http';
import { freePort, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { parseAccount } from '../../src/config/account.ts';
import type { HealthCheckConfig } from '../../src/config/extras.ts';
import { probeOf } from '../../src/health/probe.ts';
import { processesWith } from '../support/processes.ts';

const environment = { PATH: '/usr/bin:/bin', MARK: 'seen' };

function probe(over: Partial<HealthCheckConfig>, user?: string) {
  const check = {
    kind: 'command',
    target: 'true',
    intervalSeconds: 1,
    timeoutSeconds: 5,
    retries: 1,
    ...over,
  } as const;
  const account = user === undefined ? undefined : parseAccount(user);
  return probeOf(check, { user: account, directory: '/usr' }, environment)(new AbortController().signal);
}

test('a command is well when it ends with 0, and sees the environment, directory and user of the program', async () => {
  expect(await probe({ target: 'true' })).toBe(undefined);
  expect(await probe({ target: `sh -c 'test "$MARK $PWD $(id -un)" = "seen /usr nobody"'` }, 'nobody')).toBe(
    undefined,
  );
});

test.each([
  ['false', 'exit status 1'],
  ["sh -c 'kill -9 $$'", 'terminated by SIGKILL'],
  ['there-is-no-such-command', "can't find command 'there-is-no-such-command'"],
])('the command %s tells what is wrong', async (target, problem) => {
  expect(await probe({ target })).toBe(problem);
});

test('a command that takes too long has failed, and nothing of it goes on', async () => {
  const mark = `402${Math.floor(Math.random() * 1e8)}`;
  const target = `sh -c 'sleep ${mark} & wait'`;
  expect(await probe({ target, timeoutSeconds: 0.2 })).toBe('no answer within 0.2 seconds');
  await waitUntil('its end', () => processesWith(mark).length === 0);
});

test('a URL is well from 200 to 399, without following a redirect', async () => {
  const port = await freePort();
  const server = createServer((request, response) => {
    if (request.url === '/slow') return;
    response.writeHead(Number(request.url?.slice(1)), { location: '/500' }).end('body');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = (path: string) => ({ kind: 'url', target: `http://127.0.0.1:${port}${path}` }) as const;
  expect(await probe(url('/200'))).toBe(undefined);
  expect(await probe(url('/302'))).toBe(undefined);
  expect(await probe(url('/503'))).toBe('HTTP status 503');
  expect(await probe({ ...url('/slow'), timeoutSeconds: 0.2 })).toBe('no answer within 0.2 seconds');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await probe(url('/200'))).toContain('ECONNREFUSED');
});
