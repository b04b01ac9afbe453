import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { parseListenAddress, serve } from '../src/index.ts';
import { gwePlatform } from './cli/running-platform.ts';
import { RawClient } from './device-api/raw-client.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const anyPort = { host: '127.0.0.1', port: 0 };

/** A real `gwe-platform serve`, with all it says. */
class ServeProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  output = '';
  log = '';

  constructor(data: string, ...flags: string[]) {
    const args = [main, 'serve', '--data', data, '--listen', '127.0.0.1:0', ...flags];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = once(this.child, 'close');
    this.child.stdout?.on('data', (text) => {
      this.output += text;
    });
    this.child.stderr?.on('data', (text) => {
      this.log += text;
    });
  }

  async port(): Promise<number> {
    const line = /^gwe-platform listening on http:\/\/127\.0\.0\.1:(\d+)\n$/;
    return Number(await waitUntil('the address', () => line.exec(this.output)?.[1]));
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    await this.ended;
    return this.child.exitCode;
  }
}

/** Activates device A of product pump; gives its key as the header of its calls. */
async function activate(client: RawClient) {
  const identity = 'vendor=pump&model=pump&sn=A';
  const { body: cik } = await client.answerTo('POST', '/provision/activate', {}, identity);
  return { 'X-Exosite-CIK': cik };
}

test('serve takes one port for devices, operators and browsers, and stops at once on a signal', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'made', 'here');
  const server = new ServeProcess(data);
  try {
    const port = await server.port();
    const { username, password, token } = JSON.parse(await readFile(join(data, 'admin.json'), 'utf8'));
    expect((await stat(join(data, 'admin.json'))).mode & 0o777).toBe(0o600);
    expect(server.log).toContain(join(data, 'admin.json'));
    for (const secret of [password, token]) expect(server.log.includes(secret)).toBe(false);

    const base = `http://127.0.0.1:${port}`;
    const authorization = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const post = (path: string, body: unknown) =>
      fetch(`${base}${path}`, { method: 'POST', headers: authorization, body: JSON.stringify(body) });
    expect((await post('/api/v1/session', { username, password })).status).toBe(201);
    expect((await post('/api/v1/products', { id: 'pump' })).status).toBe(201);
    expect((await post('/api/v1/products/pump/devices', { sn: 'A' })).status).toBe(201);

    using client = await RawClient.connect(port);
    const key = await activate(client);
    client.request('GET', '/onep:v1/stack/alias?engine_fetch', { ...key, 'Request-Timeout': '300000' });
    const deploy = (install: string[]) => post('/api/v1/products/pump/devices/A/deploy', { install });
    expect((await deploy(['none.v1.tar.gz'])).status).toBe(404);
    const upload = await fetch(`${base}/api/v1/products/pump/content/app.v1.tar.gz`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-gzip' },
      body: 'bytes',
    });
    expect(upload.status).toBe(201);
    expect((await deploy(['app.v1.tar.gz'])).status).toBe(200);
    expect((await client.response())?.body).toContain('engine_fetch=%7B%22install%22');
    const download = '/provision/download?vendor=pump&model=pump&id=app.v1.tar.gz';
    expect((await client.answerTo('GET', download, key)).body).toBe('bytes');

    client.request('GET', '/onep:v1/stack/alias?engine_fetch', { ...key, 'Request-Timeout': '300000' });
    const { promise: inTime, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 100);
    await inTime;
    const begin = performance.now();
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(performance.now() - begin).toBeLessThan(4000);
    expect((await client.response())?.status).toBe(304);
  } finally {
    server.child.kill('SIGKILL');
  }
});

test('a second start keeps what is there; SIGINT stops, too', async () => {
  await using folder = await temporaryFolder();
  const first = new ServeProcess(folder.path);
  const second = new ServeProcess(folder.path);
  try {
    await Promise.race([first.port(), second.port()]);
    // One of the two took the directory; the other says so in one line.
    const loser = await Promise.race(
      [first, second].map(async (server) => {
        await server.ended;
        return server;
      }),
    );
    expect(loser.child.exitCode).toBe(1);
    expect(loser.log).toMatch(/^gwe-platform: .* is in use by another gwe-platform: [^\n]*\n$/);
    const winner = loser === first ? second : first;
    const before = await readFile(join(folder.path, 'admin.json'), 'utf8');
    expect(await winner.stop('SIGINT')).toBe(0);
    const again = new ServeProcess(folder.path);
    await again.port();
    expect(await again.stop('SIGTERM')).toBe(0);
    expect(await readFile(join(folder.path, 'admin.json'), 'utf8')).toBe(before);
  } finally {
    for (const server of [first, second]) server.child.kill('SIGKILL');
  }
});

test('a killed platform starts again on what it has acknowledged', async () => {
  await using folder = await temporaryFolder();
  const first = new ServeProcess(folder.path);
  const second: ServeProcess[] = [];
  try {
    const port = await first.port();
    const { token } = JSON.parse(await readFile(join(folder.path, 'admin.json'), 'utf8'));
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const post = (path: string, body: unknown) =>
      fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
    await post('/products', { id: 'pump' });
    await post('/products/pump/devices', { sn: 'A' });
    using client = await RawClient.connect(port);
    const key = await activate(client);
    const write = await client.answerTo('POST', '/onep:v1/stack/alias', key, 'fetch_status=done');
    expect(write.status).toBe(204);
    await first.stop('SIGKILL');
    second.push(new ServeProcess(folder.path));
    using again = await RawClient.connect(await second[0]!.port());
    const read = await again.answerTo('GET', '/onep:v1/stack/alias?fetch_status', key);
    expect(read.body).toBe('fetch_status=done');
  } finally {
    for (const server of [first, ...second]) server.child.kill('SIGKILL');
  }
});

test('what cannot be started is said in one line with exit code 1', async () => {
  await using folder = await temporaryFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  const data = join(folder.path, 'data');
  const cases: [string[], RegExp][] = [
    [['--data', data, '--listen', `127.0.0.1:${port}`], /^port \d+ of 127\.0\.0\.1 is in use: .*--listen/],
    [['--data', data, '--listen', '192.0.2.1:8080'], /192\.0\.2\.1 is no address of this machine/],
    [['--data', data, '--listen', 'here'], /"here" is no address to listen on: give HOST:PORT/],
    [
      ['--data', join(file, 'x'), '--listen', '127.0.0.1:0'],
      /^cannot keep data in .*file\/x \(ENOTDIR.*\): give a directory/,
    ],
    [['--data', data, '--debug-level', 'LOUD'], /"LOUD" is no level of logging: give one of DEBUG/],
    [['--data', data, '--port', '1'], /unknown option '--port'; see gwe-platform serve --help/],
    [[], /required option '--data <dir>' not specified; see gwe-platform serve --help/],
  ];
  try {
    for (const [args, message] of cases) {
      const { exitCode, output } = await gwePlatform({}, 'serve', ...args);
      const lines = output
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('{'));
      expect(lines).toHaveLength(1);
      expect(lines[0]?.replace('gwe-platform: ', '')).toMatch(message);
      expect(exitCode).toBe(1);
    }
  } finally {
    taken.close();
  }
});

test('the platform can be started within a process, on a free port, and stopped', async () => {
  await using folder = await temporaryFolder();
  const start = () => serve({ dataDirectory: folder.path, listen: anyPort, logger: silentLogger });
  const platform = await start();
  expect(await (await fetch(`${platform.url}/timestamp`)).text()).toMatch(/^\d{10}$/);
  await platform.stop();
  await expect(fetch(`${platform.url}/timestamp`)).rejects.toThrow();
  await (await start()).stop();
});

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['localhost:1', { host: 'localhost', port: 1 }],
])('%s is an address to listen on', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

test.each(['', '8080', ':8080', '127.0.0.1', '127.0.0.1:65536', '::1:80', 'a b:1'])(
  '"%s" is none',
  (text) => {
    expect(() => parseListenAddress(text)).toThrow(/give HOST:PORT/);
  },
);
