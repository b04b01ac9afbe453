import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { FollowedLog } from '../src/capture/followed-log.ts';
import { SupervisorClient } from '../src/index.ts';
import { startDaemon, type Target } from './support/daemons.ts';

const targets: readonly Target[] = ['embedded', 'supervisord'];

/** Without it supervisord keeps back what is new until it has 64 KiB. */
const headers = { Connection: 'keep-alive' };

/** A stream under way: what came so far, and whether it has ended. */
async function follow(options: RequestOptions, path: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    get({ headers, ...options, path, agent: false }, resolve).on('error', reject),
  );
  let text = '';
  let ended = false;
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  response.on('close', () => {
    ended = true;
  });
  response.on('error', () => undefined);
  return {
    status: response.statusCode,
    headers: response.headers,
    text: () => text,
    ended: () => ended,
    [Symbol.dispose]: () => response.destroy(),
  };
}

const statusOf = async (options: RequestOptions, path: string) => {
  using stream = await follow(options, path);
  return stream.status;
};

describe.each(targets)('%s', (target) => {
  const timeout = { timeout: 40_000 };

  test.concurrent('a log is sent from 1024 bytes before its end and followed, chunked', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `[program:app]\ncommand=sh -c 'printf "%%01500d\\n" 7; echo err >&2; exec cat'\nstartsecs=0
stdout_logfile=%(here)s/app.out\nstderr_logfile=%(here)s/app.err\nstdout_logfile_maxbytes=0
[program:none]\ncommand=sleep 1000\nstdout_logfile=NONE\n[program:x]\ncommand=sh -c 'echo of x; sleep 1000'
[group:both]\nprograms=x\n`,
    );
    const socket = { socketPath: join(daemon.folder, 's.sock') };
    const { client } = daemon;
    await waitUntil('the log', async () => (await client.tailProcessStdoutLog('app', 0, 5000))[1] === 1501);
    using out = await follow(socket, '/logtail/app');
    expect(out.status).toBe(200);
    expect(out.headers).toMatchObject({
      'content-type': 'text/plain;charset=utf-8',
      'transfer-encoding': 'chunked',
      'x-accel-buffering': 'no',
    });
    expect(out.headers['last-modified']).toMatch(/ GMT$/);
    await waitUntil('the head', () => out.text().length >= 1024);
    expect(out.text()).toBe(`${'7'.padStart(1023, '0')}\n`);
    await client.call('supervisor.sendProcessStdin', ['app', 'more\n']);
    await waitUntil('what is new', () => out.text().endsWith('7\nmore\n'));
    using same = await follow(socket, '/logtail/app/stdout');
    await waitUntil('the same', () => same.text().endsWith('7\nmore\n'));
    using err = await follow(socket, '/logtail/app/stderr');
    await waitUntil('the other channel', () => err.text() === 'err\n');
    using grouped = await follow(socket, '/logtail/both:x');
    await waitUntil('the program of a group', () => grouped.text() === 'of x\n');
    using escaped = await follow(socket, '/logtail/both%3Ax/stdout');
    await waitUntil('an escaped name', () => escaped.text() === 'of x\n');
    await client.call('supervisor.clearProcessLogs', ['app']);
    await client.call('supervisor.sendProcessStdin', ['app', 'after\n']);
    await waitUntil('what is in the new file', () => out.text().endsWith('more\nafter\n'));
    for (const path of ['nobody', 'x', 'both:*', 'none', 'app/nothing', 'both', 'app/stdout/more'])
      expect([path, await statusOf(socket, `/logtail/${path}`)]).toEqual([path, 404]);
    expect(await statusOf({ ...socket, method: 'POST' }, '/logtail/app')).toBe(400);
    using main = await follow(socket, '/mainlogtail');
    await waitUntil('the main log', () => main.text().includes("spawned: 'app'"));
    await client.shutdown();
    expect(await daemon.ended()).toEqual({ code: 0, signal: null });
    await waitUntil('all to be over', () => [out, same, err, grouped, main].every((each) => each.ended()));
  });

  test.concurrent('user and password are asked for over TCP, in plain or as {SHA}', timeout, async () => {
    const [port, shaPort] = [await freePort(), await freePort()];
    await using daemon = await startDaemon(
      target,
      `[program:app]\ncommand=sh -c 'echo out; exec sleep 1000'\nstartsecs=0\nstdout_logfile=%(here)s/app.out
[inet_http_server]\nport=127.0.0.1:${port}\nusername=op\npassword=s3:cret\n`,
    );
    await using hashed = await startDaemon(
      target,
      `[inet_http_server]\nport=127.0.0.1:${shaPort}\nusername=op
password={SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4\n`,
    );
    expect(hashed.url).toContain('unix:');
    const state = (url: string) => new SupervisorClient(url).getState();
    expect(await state(`http://op:s3%3Acret@127.0.0.1:${port}`)).toMatchObject({ statename: 'RUNNING' });
    expect(await state(`http://op:secret@127.0.0.1:${shaPort}`)).toMatchObject({ statename: 'RUNNING' });
    for (const who of ['', 'op:wrong@', 'other:s3%3Acret@', 'op:@'])
      await expect(state(`http://${who}127.0.0.1:${port}`)).rejects.toThrow('user name or password');
    await expect(
      state(`http://op:e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4@127.0.0.1:${shaPort}`),
    ).rejects.toThrow('user name or password');
    const tcp = { host: '127.0.0.1', port };
    for (const path of ['/logtail/app', '/mainlogtail', '/RPC2', '/nothing'])
      expect([path, await statusOf(tcp, path)]).toEqual([path, 401]);
    using refused = await follow(tcp, '/mainlogtail');
    expect(refused.headers['www-authenticate']).toBe('Basic realm="default"');
    await waitUntil('output', async () => (await daemon.client.tailProcessStdoutLog('app', 0, 9))[1] > 0);
    using out = await follow({ ...tcp, auth: 'op:s3:cret' }, '/logtail/app');
    await waitUntil('the log', () => out.text() === 'out\n');
  });
});

test('a reader that does not read costs no memory and holds nobody up', async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:app]\ncommand=sh -c 'head -c 30000000 /dev/zero; echo done; exec sleep 1000'\nstartsecs=0
stdout_logfile=%(here)s/app.out\nstdout_logfile_maxbytes=0\n`,
  );
  const socketPath = join(daemon.folder, 's.sock');
  const responses: IncomingMessage[] = [];
  for (let count = 0; count < 101; count++) {
    const call = request({ socketPath, path: '/logtail/app', agent: false });
    call.on('error', () => undefined).on('response', (response) => responses.push(response.pause()));
    call.end();
  }
  await waitUntil('all answers', () => responses.length === 101);
  // One too many is refused rather than left to use up the files of the supervisor.
  expect(responses.filter((response) => response.statusCode === 503)).toHaveLength(1);
  await waitUntil('the end of the log', async () =>
    (await daemon.client.tailProcessStdoutLog('app', 30_000_000, 5))[0].includes('done'),
  );
  for (const response of responses) response.destroy();
  await waitUntil('room again', async () => (await statusOf({ socketPath }, '/logtail/app')) === 200);
});

test('a followed log goes on in the new file after a rotation, with nothing left out', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a.log');
  writeFileSync(path, 'one\n');
  const log = new FollowedLog(path, 2);
  const next = () => {
    const piece = log.read();
    return piece && new TextDecoder().decode(piece);
  };
  expect(next()).toBe('e\n');
  expect(next()).toBe(undefined);
  appendFileSync(path, 'two\n');
  renameSync(path, `${path}.1`);
  expect(next()).toBe('two\n');
  expect(next()).toBe(undefined);
  writeFileSync(path, 'three\n');
  expect(next()).toBe('three\n');
  truncateSync(path, 0);
  expect(next()).toBe('==> File truncated <==\n');
  appendFileSync(path, 'four\n');
  expect(next()).toBe('four\n');
  log.close();
});
