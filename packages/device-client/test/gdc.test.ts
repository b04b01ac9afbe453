import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { answer, dateSeconds, RawServer } from './support/raw-server.ts';

const cik = '0123456789abcdef0123456789abcdef01234567';
const gdcFile = fileURLToPath(new URL('../bin/gdc.mjs', import.meta.url));

async function gdc(
  args: string[],
  options: { env?: NodeJS.ProcessEnv; stdin?: string } = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const { GDC_SERVER: _, ...env } = process.env;
  const child = spawn(process.execPath, [gdcFile, ...args], { env: { ...env, ...options.env } });
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

  test('knows its version, its place and its help', async () => {
    expect((await gdc(['-v'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await gdc(['--path'])).stdout).toMatch(/device-client\n$/);
    const { stdout } = await gdc(['-h']);
    for (const command of ['write', 'read', 'record', 'activate', 'timestamp'])
      expect(stdout).toContain(`  ${command}`);
  });

  test.each([
    [['--bogus'], /unknown option '--bogus'/],
    [['fly'], /unknown command 'fly'/],
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
