import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { SupervisorClient } from '../src/index.ts';
import { spawnDaemon, startDaemon, startIn, writeConfig } from './support/daemons.ts';
import { processesWith } from './support/processes.ts';

const sleeper = 'command=sleep 1000\nstartsecs=0\n';

async function runToEnd(args: string[], cwd = '/tmp') {
  const { output, ended } = spawnDaemon('embedded', args, cwd);
  return { ...(await ended()), output: output() };
}

test('a second supervisor with the same pid file is refused in one line and disturbs nothing', async () => {
  await using daemon = await startDaemon('embedded', `[program:app]\n${sleeper}`);
  const { pid } = await daemon.client.getProcessInfo('app');
  const second = await runToEnd(['-n', '-c', join(daemon.folder, 'supervisord.conf')]);
  expect(second.code).toBe(1);
  expect(second.output).toBe(
    `gwe-supervisord: another supervisor is running with pid file ${join(daemon.folder, 'supervisord.pid')} (pid ${daemon.process.pid}); stop it first, or set another pidfile\n`,
  );
  expect((await daemon.client.getProcessInfo('app')).pid).toBe(pid);
});

test('a second supervisor with the same socket is refused in one line', async () => {
  await using daemon = await startDaemon('embedded', `[program:app]\n${sleeper}`);
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'other.conf');
  writeFileSync(
    file,
    `[supervisord]\nsilent=true\nlogfile=NONE\npidfile=%(here)s/other.pid\n[unix_http_server]\nfile=${join(daemon.folder, 's.sock')}\n`,
  );
  const second = await runToEnd(['-n', '-c', file]);
  expect(second.code).toBe(1);
  expect(second.output).toMatch(
    /^gwe-supervisord: another program is already listening on unix:\/\/.+s\.sock; stop it first, or set another \[unix_http_server\] file\n$/,
  );
  expect((await daemon.client.getState()).statename).toBe('RUNNING');
});

test('it does not start beside a real supervisord with the same pid file', async () => {
  await using daemon = await startDaemon('supervisord', `[program:app]\n${sleeper}`);
  const second = await runToEnd(['-n', '-c', join(daemon.folder, 'supervisord.conf')]);
  expect([second.code, second.output]).toEqual([1, expect.stringContaining('another supervisor is running')]);
});

test('the socket is for its owner alone, and a stale one is taken over', async () => {
  await using folder = await temporaryFolder();
  writeConfig(folder.path, `[program:app]\n${sleeper}`);
  const first = await startIn('embedded', folder.path);
  expect(statSync(join(folder.path, 's.sock')).mode & 0o777).toBe(0o700);
  first.process.kill('SIGKILL');
  await first.ended();
  expect(existsSync(join(folder.path, 's.sock'))).toBe(true);
  await using second = await startIn('embedded', folder.path);
  expect(second.output()).toContain('Unlinking stale socket');
});

test('a file in place of the socket is left alone', async () => {
  await using folder = await temporaryFolder();
  writeConfig(folder.path, '');
  writeFileSync(join(folder.path, 's.sock'), 'precious');
  const { code, output } = await runToEnd(['-n', '-c', join(folder.path, 'supervisord.conf')]);
  expect([code, output]).toEqual([1, expect.stringContaining('is in the way and no socket; move it')]);
  expect(readFileSync(join(folder.path, 's.sock'), 'utf8')).toBe('precious');
});

test('a port in use is one clear line', async () => {
  await using folder = await temporaryFolder();
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await waitUntil('the port to be taken', () => other.listening);
  const file = join(folder.path, 'x.conf');
  writeFileSync(
    file,
    `[supervisord]\npidfile=%(here)s/x.pid\nsilent=true\nlogfile=NONE\n[inet_http_server]\nport=127.0.0.1:${port}\n`,
  );
  const { code, output } = await runToEnd(['-n', '-c', file]);
  other.close();
  expect([code, output]).toEqual([
    1,
    `gwe-supervisord: another program is already listening on http://127.0.0.1:${port}; stop it first, or set another address in the configuration\n`,
  ]);
});

test.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
  '%s stops all programs and ends with 0',
  async (signal) => {
    const mark = `100${Math.floor(Math.random() * 1e9)}`;
    await using daemon = await startDaemon('embedded', `[program:app]\ncommand=sleep ${mark}\nstartsecs=0\n`);
    await waitUntil('the program', () => processesWith(mark).length === 1);
    daemon.process.kill(signal);
    expect(await daemon.ended()).toEqual({ code: 0, signal: null });
    expect(processesWith(mark)).toEqual([]);
    expect(readdirSync(daemon.folder).sort()).not.toContain('supervisord.pid');
  },
);

test('SIGHUP reads the configuration again; a broken one changes nothing', async () => {
  await using daemon = await startDaemon('embedded', `[program:app]\n${sleeper}`);
  const { pid } = await daemon.client.getProcessInfo('app');
  const conf = join(daemon.folder, 'conf.d', 'new.conf');
  writeFileSync(conf, '[program:new]\n');
  daemon.process.kill('SIGHUP');
  await waitUntil('the refusal', () =>
    daemon.output().includes('not restarted, everything goes on as it is'),
  );
  expect((await daemon.client.getProcessInfo('app')).pid).toBe(pid);
  writeFileSync(conf, `[program:new]\n${sleeper}`);
  daemon.process.kill('SIGHUP');
  await waitUntil('the new program', async () => (await daemon.client.getProcessInfo('new')).pid > 0);
});

test('the configured log file has one line for each event, in the format of Supervisor', async () => {
  await using daemon = await startDaemon(
    'embedded',
    "[program:app]\ncommand=sh -c 'exit 1'\nstartretries=0\n",
  );
  await waitUntil('the end', async () => (await daemon.client.getProcessInfo('app')).statename === 'FATAL');
  const lines = readFileSync(join(daemon.folder, 'supervisord.log'), 'utf8').trim().split('\n');
  const moment = String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}`;
  for (const expected of [
    `INFO supervisord started with pid ${daemon.process.pid}$`,
    String.raw`INFO spawned: 'app' with pid \d+$`,
    String.raw`WARN exited: app \(exit status 1; not expected\)$`,
    'INFO gave up: app entered FATAL state, too many start retries too quickly$',
  ])
    expect(
      lines.some((line) => new RegExp(`${moment} ${expected}`).test(line)),
      expected,
    ).toBe(true);
});

test('logs of their own are removed at the next start, those of others stay', async () => {
  await using folder = await temporaryFolder();
  writeConfig(folder.path, `[program:app]\n${sleeper}`);
  for (const name of [
    'old-stdout---supervisor-x1.log',
    'old-stdout---supervisor-x1.log.2',
    'other-stdout---other-x1.log',
  ])
    writeFileSync(join(folder.path, name), '');
  await using daemon = await startIn('embedded', folder.path);
  const { stdout_logfile } = await daemon.client.getProcessInfo('app');
  const logs = readdirSync(folder.path).filter((name) => name.includes('-stdout---'));
  expect(logs.map((name) => join(folder.path, name)).sort()).toEqual(
    [stdout_logfile, join(folder.path, 'other-stdout---other-x1.log')].sort(),
  );
});

test('a program whose log is on a full disk runs on and is not held up', async () => {
  await using daemon = await startDaemon(
    'embedded',
    // Much more than a pipe holds: it would stand still if nobody read.
    "[program:chatty]\ncommand=sh -c 'head -c 10000000 /dev/zero; echo done > %(here)s/done; exec sleep 1000'\nstdout_logfile=/dev/full\n",
  );
  await waitUntil('the program to get through', () => existsSync(join(daemon.folder, 'done')));
  await waitUntil(
    'RUNNING',
    async () => (await daemon.client.getProcessInfo('chatty')).statename === 'RUNNING',
  );
  expect(daemon.output().split('output is dropped').length).toBe(2);
});

test('stopping ends the whole process group, also what the program left there', async () => {
  const mark = `200${Math.floor(Math.random() * 1e9)}`;
  await using daemon = await startDaemon(
    'embedded',
    `[program:parent]\ncommand=sh -c 'sleep ${mark} & sleep ${mark}'\nstopwaitsecs=5\n`,
  );
  await waitUntil('three processes', () => processesWith(mark).length === 3);
  await daemon.client.stopProcess('parent');
  expect(processesWith(mark)).toEqual([]);
});

test('a program that may not be started where or as configured says so', async () => {
  await using daemon = await startDaemon(
    'embedded',
    '[program:nowhere]\ncommand=true\ndirectory=/no/such/directory\nstartretries=0\n',
  );
  await waitUntil('FATAL', async () => (await daemon.client.getProcessInfo('nowhere')).statename === 'FATAL');
  expect((await daemon.client.getProcessInfo('nowhere')).description).toBe(
    "couldn't chdir to /no/such/directory: ENOENT",
  );
});

test.runIf(process.getuid?.() === 0)('a program runs as its user and can still open its output', async () => {
  await using daemon = await startDaemon(
    'embedded',
    "[program:nobody]\ncommand=sh -c 'id -un; id -G; echo named > /dev/stdout; exec sleep 1000'\nuser=nobody\nstdout_logfile=%(here)s/out.log\n",
  );
  const log = join(daemon.folder, 'out.log');
  await waitUntil('the output', () => readFileSync(log, 'utf8').includes('named'));
  expect(readFileSync(log, 'utf8')).toBe('nobody\n65534\nnamed\n');
});

test('the interface over TCP asks for the password', async () => {
  await using folder = await temporaryFolder();
  const port = await freePort();
  writeConfig(folder.path, `[inet_http_server]\nport=127.0.0.1:${port}\nusername=me\npassword=p:w\n`);
  await using daemon = await startIn('embedded', folder.path);
  expect((await daemon.client.getState()).statename).toBe('RUNNING');
  const right = new SupervisorClient(`http://me:p%3Aw@127.0.0.1:${port}`);
  expect((await right.getState()).statename).toBe('RUNNING');
  for (const url of [`http://127.0.0.1:${port}`, `http://me:wrong@127.0.0.1:${port}`]) {
    const refused = new SupervisorClient(url).getState();
    await expect(refused).rejects.toThrow('user name or password is wrong');
    await expect(refused).rejects.toMatchObject({ code: 'SUPERVISOR_UNREACHABLE' });
  }
});

test('requests that are no calls are refused and change nothing', async () => {
  await using daemon = await startDaemon('embedded', '');
  const send = (method: string, path: string, body: string | Buffer) =>
    new Promise<number | undefined>((resolve) => {
      const sent = request({ socketPath: join(daemon.folder, 's.sock'), method, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      // The connection may be cut while the rest of too long a body is on its way.
      sent.on('error', () => resolve(413));
      sent.end(body);
    });
  expect(await send('GET', '/RPC2', '')).toBe(400);
  expect(await send('POST', '/elsewhere', '')).toBe(404);
  expect(await send('POST', '/RPC2', '<nonsense')).toBe(400);
  expect(await send('POST', '/RPC2', Buffer.alloc(2 * 1024 * 1024, 0x20))).toBe(413);
  expect((await daemon.client.getState()).statename).toBe('RUNNING');
});

test.each([
  [['-n', '-i', 'a', '-i', 'b'], '--identifier is given twice; give it once'],
  [['-n', 'more'], 'too many arguments'],
  [['-b', 'x'], "unknown option '-b'"],
  [['--profile_options=calls'], 'is of the Python profiler'],
  [['-n', '-c', '/no/such.conf'], 'there is no configuration file /no/such.conf'],
  [['--nonsense', '-c', 'x'], "unknown option '--nonsense'; see gwe-supervisord --help"],
])('gwe-supervisord %j is one clear line', async (args, problem) => {
  const { code, output } = await runToEnd(args);
  expect(code).not.toBe(0);
  expect(output).toMatch(/^gwe-supervisord: [^\n]+\n$/);
  expect(output).toContain(problem);
});

test('gwe-supervisord tells its version and its options', async () => {
  expect(await runToEnd(['--version'])).toMatchObject({ code: 0, output: '0.1.0\n' });
  expect((await runToEnd(['-h'])).output).toContain('-c, --configuration <file>');
});
