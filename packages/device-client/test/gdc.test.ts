import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, selfSignedCertificate, temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { pinOf, requestsSince } from '../src/index.ts';
import { answer, date, dateSeconds, type RawAnswer, RawServer, rawThenCut } from './support/raw-server.ts';

const cik = '0123456789abcdef0123456789abcdef01234567';
const gdcFile = fileURLToPath(new URL('../bin/gdc.mjs', import.meta.url));

async function gdc(
  args: string[],
  options: { env?: NodeJS.ProcessEnv; stdin?: string; cwd?: string } = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const { GDC_SERVER: _, ...env } = process.env;
  const child = spawn(process.execPath, [gdcFile, ...args], {
    cwd: options.cwd,
    env: { ...env, GWE_TRAFFIC_DB: '', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(options.stdin ?? '');
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exitCode, stdout, stderr };
}

describe('gdc', () => {
  test('write sends a value, negative or as text, and says nothing', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    expect(await gdc(['write', cik, 'temp', '-5.5', '--server', server.url])).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    expect(server.requests[0]?.body).toBe('temp=-5.5');
    expect(server.requests[0]?.head).toContain(cik);
    expect(server.requests[0]?.head).toMatch(/User-Agent: gdc\/\d/);
  });

  test('write takes "-" as standard input without its last line end, and the server from the environment', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    const env = { GDC_SERVER: server.url };
    const { exitCode } = await gdc(['write', cik, 'a', '-'], { env, stdin: 'x&y\nz\n' });
    expect([exitCode, server.requests[0]?.body]).toEqual([0, 'a=x%26y%0Az']);
  });

  test('record sends the point and prints the answer as JSON', async () => {
    await using server = await RawServer.start(answer('204 No Content'));
    const { stdout } = await gdc(['--json', '--server', server.url, 'record', cik, 'a', '1700000000', 'x']);
    expect(JSON.parse(stdout)).toEqual({ status: 204, date: dateSeconds });
    expect(server.requests[0]?.body).toBe('alias=a&1700000000=x');
  });

  test('read prints one value alone, several with their aliases, or JSON', async () => {
    await using server = await RawServer.start([
      answer('200 OK', 'a=1%262'),
      answer('200 OK', 'b=&a=1'),
      answer('200 OK', 'b=&a=1'),
    ]);
    expect((await gdc(['read', cik, 'a', '--server', server.url])).stdout).toBe('1&2\n');
    expect((await gdc(['read', cik, 'a', 'b', '--server', server.url])).stdout).toBe('a=1\nb=\n');
    const { stdout, exitCode } = await gdc(['read', cik, 'a', 'c', '--json', '--server', server.url]);
    expect([JSON.parse(stdout), exitCode]).toEqual([{ a: '1', c: null }, 0]);
  });

  test('read of an alias without a value fails and names it', async () => {
    await using server = await RawServer.start(answer('200 OK', 'a=1'));
    const { exitCode, stdout, stderr } = await gdc(['read', cik, 'a', 'c', '--server', server.url]);
    expect([exitCode, stdout]).toEqual([1, 'a=1\n']);
    expect(stderr).toMatch(/^gdc: no value at c: .*\n$/);
  });

  test('activate prints the CIK, and what a refusal means', async () => {
    await using server = await RawServer.start([answer('200 OK', cik), answer('409 Conflict')]);
    const args = ['activate', 'v', 'm', 's n', '--server', server.url];
    expect((await gdc(args)).stdout).toBe(`${cik}\n`);
    expect(server.requests[0]?.body).toBe('vendor=v&model=m&sn=s%20n');
    expect(await gdc(args)).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/activated before/),
    });
  });

  test('timestamp prints the time of the server', async () => {
    await using server = await RawServer.start(answer('200 OK', '1700000000'));
    expect((await gdc(['timestamp', '--server', server.url])).stdout).toBe('1700000000\n');
  });

  test('read --wait prints the next value, or says that none came or that there is no such alias', async () => {
    const stamped = 'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n';
    const later: RawAnswer = (socket, request) => {
      setTimeout(() => void answer('304 Not Modified')(socket, request), 300);
    };
    await using server = await RawServer.start([
      answer('200 OK', 'a=7', stamped),
      later,
      answer('204 No Content'),
    ]);
    const args = ['--server', server.url, 'read', cik, 'a', '--wait'];
    expect((await gdc([...args, '60'])).stdout).toBe('7\n');
    expect(server.requests[0]?.head).toContain('Request-Timeout: 60000');
    expect((await gdc([...args, '0.3'])).stderr).toMatch(/no new value at a within 0.3 s/);
    expect((await gdc([...args, '60'])).stderr).toMatch(/no a to wait for/);
  });

  test('content lists, shows and downloads', async () => {
    await using folder = await temporaryFolder();
    const info = answer('200 OK', 'text/plain,10,1700000000,"a, b"');
    const head = `HTTP/1.1 200 OK\r\n${date}Content-Length: 10\r\n\r\n`;
    await using server = await RawServer.start([
      answer('200 OK', 'x.tar.gz\r\ny\r\n'),
      info,
      info,
      rawThenCut(`${head}0123`),
      info,
      answer('206 Partial Content', '456789', 'Content-Range: bytes 4-9/10\r\n'),
      info,
      answer('200 OK', '0123456789'),
      answer('404 Not Found'),
    ]);
    const content = (...args: string[]) =>
      gdc(['--server', server.url, 'content', ...args], { cwd: folder.path });
    expect((await content('list', cik, 'v', 'm')).stdout).toBe('x.tar.gz\ny\n');
    expect((await content('info', cik, 'v', 'm', 'y')).stdout).toBe(
      'type text/plain\nsize 10\nupdated 2023-11-14T22:13:20.000Z\nmeta a, b\n',
    );
    expect(await content('get', cik, 'v', 'm', 'y')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(join(folder.path, 'y'), 'utf8')).toBe('0123456789');
    expect(server.requests[5]?.head).toContain('Range: bytes=4-');
    expect((await content('get', cik, 'v', 'm', 'y', '-')).stdout).toBe('0123456789');
    const missing = await content('get', cik, 'v', 'm', 'z');
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no content "z"') });
    expect(readdirSync(folder.path)).toEqual(['y']);
    expect((await content('get', cik, 'v', 'm', '../z')).stderr).toMatch(/name the FILE/);
  });

  test('trusts an authority and shows a certificate that it is given', async () => {
    await using folder = await temporaryFolder();
    const certificate = selfSignedCertificate();
    const files = { cert: join(folder.path, 'cert.pem'), key: join(folder.path, 'key.pem') };
    writeFileSync(files.cert, certificate.cert);
    writeFileSync(files.key, certificate.key);
    const tls = { ...certificate, requestCert: true, ca: certificate.cert };
    await using server = await RawServer.start(answer('200 OK', '1700000000'), tls);
    const options = ['--server', server.url, '--ca', files.cert, '--cert', files.cert, '--key', files.key];
    const pin = ['--pin', pinOf(selfSignedCertificate().cert), '--pin', pinOf(certificate.cert)];
    expect((await gdc([...options, ...pin, 'timestamp'])).stdout).toBe('1700000000\n');
    const other = await gdc([...options, ...pin.slice(0, 2), 'timestamp']);
    expect([other.exitCode, other.stderr]).toEqual([1, expect.stringContaining('is pinned')]);
  });

  test('its requests are accounted for, and traffic shows them beside the counters of the kernel', async () => {
    await using folder = await temporaryFolder();
    await using server = await RawServer.start([
      answer('204 No Content'),
      answer('500 Internal Server Error'),
    ]);
    const env = { GDC_SERVER: server.url, GWE_TRAFFIC_DB: join(folder.path, 'ifaces.db') };
    await gdc(['write', cik, 'a', '1'], { env });
    await gdc(['--class', 'log', 'write', cik, 'a', '2'], { env });
    const { stdout } = await gdc(['--json', 'traffic'], { env });
    const { totals, kernel } = JSON.parse(stdout);
    const same = { interface: 'lo', program: 'gdc', method: 'write', num: 1 };
    expect(totals).toMatchObject([
      { ...same, class: 'data' },
      { ...same, class: 'log' },
    ]);
    expect(kernel).toContainEqual(expect.objectContaining({ interface: 'lo' }));
    expect(requestsSince(env.GWE_TRAFFIC_DB, 0).map(({ status }) => status)).toEqual([204, 500]);
    const table = (await gdc(['traffic', '--from', '2020-01-01'], { env })).stdout;
    expect(table).toMatch(/^INTERFACE +PROGRAM[\s\S]*\nlo +gdc +data +write +1 /);
  });

  test('knows its version, its place and its help', async () => {
    expect((await gdc(['-v'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await gdc(['-b'])).stdout).toMatch(/^\d+\n$/);
    expect((await gdc(['--path'])).stdout).toMatch(/device-client\n$/);
    expect(JSON.parse((await gdc(['--path', '--json'])).stdout).path).toMatch(/device-client$/);
    expect(JSON.parse((await gdc(['-b', '--json'])).stdout)).toEqual({
      build_id: expect.stringMatching(/^\d+$/),
    });
    const { stdout } = await gdc(['-h']);
    for (const command of ['write', 'read', 'record', 'activate', 'timestamp'])
      expect(stdout).toContain(`  ${command}`);
  });

  test.each([
    [['--bogus'], /unknown option '--bogus'/],
    [['fly'], /unknown command 'fly'/],
    [['content'], /say what: list, info, get; see gdc content --help/],
    [['raed'], /unknown command 'raed'; did you mean 'read'\?/],
    [['timestamp', '--jsn'], /unknown option '--jsn'; did you mean '--json'\?/],
    [['content', 'fly'], /unknown command 'content fly'/],
    [['timestamp', '--ca', '/none'], /--ca: cannot read/],
    [['timestamp', '--class', 'fun'], /expected one of control, data, update, log/],
    [['traffic', '--from', 'today'], /expected YYYY-MM-DD/],
    [[], /say what to do/],
    [['write', cik, 'a'], /missing required argument 'VALUE'/],
    [['write', 'short', 'a', '1'], /CIK must be 40 lowercase hex digits/],
    [['record', cik, 'a', 'noon', '1'], /"noon" is no timestamp/],
    [['timestamp', '--server', 'example.com'], /expected http:\/\/HOST/],
    [['activate', 'a b', 'm', 's'], /cannot be part of a host name/],
  ])('%j is refused in one line', async (args, problem) => {
    const { exitCode, stdout, stderr } = await gdc(args);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(/^gdc: [^\n]+\n$/);
  });

  test('a server that is not there is one line without the key', async () => {
    const server = `http://127.0.0.1:${await freePort()}`;
    const { exitCode, stderr } = await gdc(['write', cik, 'a', '1', '--server', server]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^gdc: no answer from http:\/\/127\.0\.0\.1:\d+ .*ECONNREFUSED.*\n$/);
    expect(stderr).not.toContain(cik);
  });

  test('a refusal that repeats the key is shown with the key masked', async () => {
    await using server = await RawServer.start(answer('401 Unauthorized', `bad key ${cik}`));
    const { stderr } = await gdc(['write', cik, 'a', '1', '--server', server.url]);
    expect(stderr).toContain('01234567********');
    expect(stderr).not.toContain(cik);
  });
});
