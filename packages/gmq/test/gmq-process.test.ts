import { stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { encodeForm, headers } from '@gateway-engine/device-api';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { type QueueStatus, readStatus } from '../src/status.ts';
import { GmqProcess } from './support/gmq-process.ts';
import { TestPlatform } from './support/test-platform.ts';

const key = 'a'.repeat(40);
const vms = { [headers.vms]: 'prod prod 1' };
const second = 1_760_000_000;

const statusOf = (gmq: GmqProcess): QueueStatus => readStatus(join(gmq.home, 'var', 'gmq.db'));
const drained = (gmq: GmqProcess) =>
  waitUntil('the queue to drain', () => statusOf(gmq).waiting === 0, { timeoutMs: 15_000 });

/** Sends bytes to gmq and returns what comes until the connection closes or is quiet, for longer before the first. */
function exchange(port: number, ...parts: string[]): Promise<{ text: string; segments: string[] }> {
  return new Promise((resolve, reject) => {
    const segments: string[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.setTimeout(3000, () => socket.destroy());
    socket.on('data', (chunk) => {
      segments.push(chunk.toString('latin1'));
      socket.setTimeout(500);
    });
    socket.on('close', () => resolve({ text: segments.join(''), segments }));
    socket.on('error', reject);
  });
}

describe('the journey of a point', () => {
  it('values survive byte for byte on every way in', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const values = ['a&b=c +%', '😀 Grüße', '100%', '', '{"a": "b"}', 'two\r\nlines', '%26', '+', ' '];
    const points = values.map((value, index) => [String(second + index), value] as const);
    const form = encodeForm(points);
    expect(await gmq.record(key, encodeForm([['alias', 'new'], ...points]))).toBe(204);
    expect(
      (await gmq.send('POST', '/api:v1/stack/alias/old%20one', form, { [headers.cik]: key })).status,
    ).toBe(204);
    const named = values.map((value, index) => [`written ${index}`, value] as const);
    expect(await gmq.write(key, encodeForm(named))).toBe(204);
    await drained(gmq);
    expect(platform.values(key, 'new')).toEqual(values);
    expect(platform.values(key, 'old one')).toEqual(values);
    expect(values.map((_, index) => platform.values(key, `written ${index}`)[0])).toEqual(values);
  });

  it('a write reaches the platform within a second, stamped with the time of its receipt', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url, { batch_record_period: '600' });
    for (let round = 0; round < 3; round++) {
      const before = Math.floor(Date.now() / 1000);
      await gmq.write(key, `temp=${round}`);
      await waitUntil('the value', () => platform.values(key, 'temp').includes(String(round)), {
        timeoutMs: 1000,
      });
      const at = platform.arrivals.at(-1)?.at ?? 0;
      expect(at - before).toBeGreaterThanOrEqual(0);
      expect(at - before).toBeLessThanOrEqual(1);
    }
  });

  it('of several values of one second the last arrives and the others are counted', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    expect(await gmq.record(key, 'alias=a&5=first&5=second&6=x&5=third')).toBe(204);
    await drained(gmq);
    expect(platform.values(key, 'a')).toEqual(['third', 'x']);
    expect(statusOf(gmq).identities[0]).toMatchObject({ uploaded: 2, merged: 2 });
  });
});

describe('when the platform fails', () => {
  it('nothing is lost while it is away, and order and times are kept', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    await platform.down();
    const values = Array.from({ length: 300 }, (_, index) => String(index));
    for (const [index, value] of values.entries()) {
      expect(await gmq.record(key, `alias=a&${second + index}=${value}`)).toBe(204);
    }
    expect(await gmq.end('SIGTERM')).toBe(0);
    await gmq.start();
    await platform.up();
    await drained(gmq);
    expect(platform.values(key, 'a')).toEqual(values);
    expect(platform.arrivals.map(({ value }) => value)).toEqual(values);
    // Many records share a request.
    expect(platform.recordCalls).toBeLessThan(20);
  });

  it.each(['slow', 500, 429, 'cut'] as const)('nothing is lost while it is %s', async (mood) => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    platform.mood = mood;
    platform.moodLasts = 2;
    for (let index = 0; index < 20; index++) await gmq.record(key, `alias=a&${second + index}=${index}`);
    await drained(gmq);
    expect(platform.values(key, 'a')).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    expect(statusOf(gmq)).toMatchObject({ deadLetters: 0 });
    expect(statusOf(gmq).identities[0]?.problem).toBeNull();
  });

  it('a record it refuses is set aside with the reason and does not block the others', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    platform.refusedAlias = 'bad';
    for (let index = 0; index < 30; index++) {
      await gmq.record(key, `alias=${index === 13 ? 'bad' : 'good'}&${second + index}=${index}`);
    }
    await drained(gmq);
    expect(platform.values(key, 'good')).toHaveLength(29);
    const { stdout } = await gmq.command('status', '--json');
    const status = JSON.parse(stdout) as QueueStatus;
    expect(status).toMatchObject({ waiting: 0, deadLetters: 1 });
    expect(status.newestDeadLetters[0]).toMatchObject({ alias: 'bad', at: second + 13 });
    expect(status.newestDeadLetters[0]?.reason).toContain('400');
    expect(stdout).not.toContain(key);
  });
});

describe('identities', () => {
  it('are activated when first used, and again within the upload that meets a 401', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    platform.keyOfSerial.set('1', key);
    platform.keys = new Set([key]);
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    expect((await gmq.send('POST', '/onep:v1/stack/alias', 'a=1', vms)).status).toBe(204);
    await drained(gmq);
    const renewed = 'b'.repeat(40);
    platform.keyOfSerial.set('1', renewed);
    platform.keys = new Set([renewed]);
    platform.calls.length = 0;
    await gmq.send('POST', '/onep:v1/stack/alias', 'a=2', { ...vms, [headers.cik]: key });
    await drained(gmq);
    expect(platform.calls.map(({ path, status }) => `${path} ${status}`)).toEqual([
      '/onep:v1/stack/record 401',
      '/provision/activate 200',
      '/onep:v1/stack/record 204',
    ]);
    expect(platform.values(renewed, 'a')).toEqual(['2']);
    expect(gmq.log).not.toContain(key);
    expect(gmq.log).not.toContain(renewed);
  });

  it('share one connection while their uploads come one after the other', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    for (const digit of '0123456789abcdef') {
      await gmq.write(digit.repeat(40), `a=${digit}`);
      await waitUntil('the value', () => platform.values(digit.repeat(40), 'a').length === 1);
    }
    expect(platform.connections).toBe(1);
  });

  it('the activate call answers 204 until there is a key, then 200 with the key alone', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const activate = () => gmq.send('POST', '/provision/activate', 'vendor=prod&model=prod&sn=1');
    expect(await activate()).toEqual({ status: 204, body: '' });
    await waitUntil('the refusal', () => gmq.log.includes('enable its serial number'));
    platform.keyOfSerial.set('1', key);
    await waitUntil('the key', async () => (await activate()).status === 200);
    expect(await activate()).toEqual({ status: 200, body: key });
    expect((await gmq.send('POST', '/provision/activate', 'vendor=prod&sn=1')).status).toBe(400);
  });

  it('records of an identity that the platform does not know wait, said once, and go when it does', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    await gmq.send('POST', '/onep:v1/stack/alias', 'a=1', vms);
    await waitUntil('a second try', () => platform.calls.length >= 2);
    expect(gmq.log.match(/does not activate/g)).toHaveLength(1);
    const { stdout } = await gmq.command('status');
    expect(stdout).toContain('prod prod 1  (key not obtained yet)');
    expect(stdout).toContain('problem: the platform does not activate this identity');
    platform.keyOfSerial.set('1', key);
    await drained(gmq);
    expect(platform.values(key, 'a')).toEqual(['1']);
  });
});

describe('on the wire', () => {
  it('answers as hand-written clients need them: exact header spelling, one segment, nothing extra', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const head = `POST /onep:v1/stack/alias HTTP/1.1\r\nHost: x\r\nx-exosite-cik: ${key}  \r\n`;
    const { segments } = await exchange(gmq.port, `${head}Content-Length: 3\r\n\r\na=1`);
    expect(segments).toHaveLength(1);
    expect(segments[0]).toMatch(
      /^HTTP\/1\.1 204 No Content\r\nContent-Length: 0\r\nDate: [^\r]+ GMT\r\n\r\n$/,
    );
    const closing = await exchange(gmq.port, `${head}Connection: Close \r\nContent-Length: 3\r\n\r\na=1`);
    expect(closing.text).toMatch(
      /^HTTP\/1\.1 204 No Content\r\nConnection: close\r\nContent-Length: 0\r\nDate/,
    );
    const read = await exchange(gmq.port, 'GET /onep:v1/stack/alias?a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(read.text).toMatch(
      /^HTTP\/1\.1 404 Not Found\r\nContent-Length: 24\r\nContent-Type: text\/plain\r\nDate: [^\r]+\r\n\r\nHTTP\/1\.1 404 Not Found\r\n$/,
    );
    const activate = 'POST /provision/activate HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
    expect((await exchange(gmq.port, activate)).text).toContain('\r\nContent-Type: text/plain\r\n');
    const garbage = (await exchange(gmq.port, 'no HTTP at all\r\n\r\n')).text;
    expect(garbage).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 26\r\nContent-Type: text\/plain\r\n/,
    );
  });

  it('takes requests without a host, and passes over expectations that it does not know', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const head = `POST /onep:v1/stack/alias HTTP/1.1\r\nX-Exosite-CIK: ${key}\r\nContent-Length: 3\r\n`;
    for (const line of ['', 'Expect: 200-foo\r\n', 'Host:\r\n']) {
      const { text } = await exchange(gmq.port, `${head}${line}\r\na=1`);
      expect(text).toMatch(/^HTTP\/1\.1 204 No Content\r\nContent-Length: 0\r\nDate: [^\r]+\r\n\r\n$/);
    }
    const patient = await exchange(gmq.port, `${head}Expect: 100-continue\r\n\r\na=1`);
    expect(patient.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 204 No Content\r\n/);
  });

  it('serves pipelined requests with a stray CRLF between them', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const one = (n: number) =>
      `POST /onep:v1/stack/alias/a HTTP/1.1\r\nHost: x\r\nX-Exosite-CIK: ${key}\r\nContent-Length: 5\r\n\r\n${10 + n}=v${n}\r\n`;
    const { text } = await exchange(gmq.port, one(1) + one(2) + one(3));
    expect(text.match(/204 No Content/g)).toHaveLength(3);
    await drained(gmq);
    expect(platform.values(key, 'a')).toEqual(['v1', 'v2', 'v3']);
  });

  it('refuses what it cannot take and goes on serving', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    expect(await gmq.write(key, 'no equals sign')).toBe(400);
    expect(await gmq.write('not a key', 'a=1')).toBe(400);
    expect((await gmq.send('POST', '/onep:v1/stack/alias', 'a=1')).status).toBe(400);
    const json = { [headers.cik]: key, 'Content-Type': 'application/json' };
    expect((await gmq.send('POST', '/onep:v1/stack/alias', '{}', json)).status).toBe(415);
    expect(await gmq.write(key, `a=${'x'.repeat(1024 * 1024)}`)).toBe(413);
    const garbage = ['\r\n', '\0\0\0', 'GET\r\n\r\n', 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'];
    for (const bytes of garbage) await exchange(gmq.port, bytes);
    const chunked = 'Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n';
    const head = `POST /onep:v1/stack/alias HTTP/1.1\r\nHost: x\r\nX-Exosite-CIK: ${key}\r\n`;
    await exchange(gmq.port, head + chunked);
    await exchange(gmq.port, `${head}Content-Length: 100\r\n\r\na=cut`);
    expect(await gmq.write(key, 'a=good')).toBe(204);
    await drained(gmq);
    expect(platform.arrivals.map(({ value }) => value)).toEqual(['good']);
  });
});

describe('the command', () => {
  it('reread takes up a changed server without a restart', async () => {
    await using folder = await temporaryFolder();
    await using before = await TestPlatform.start();
    await using after = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, before.url);
    expect((await gmq.command('cfg', 'set', 'platform', 'server', after.url)).code).toBe(0);
    expect(await gmq.command('reread')).toEqual({ code: 0, stdout: '', stderr: '' });
    await gmq.write(key, 'a=1');
    await drained(gmq);
    expect([before.arrivals.length, after.arrivals.length]).toEqual([0, 1]);
  });

  it('reread reaches the running queue when listen has changed, and says what that waits for', async () => {
    await using folder = await temporaryFolder();
    await using before = await TestPlatform.start();
    await using after = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, before.url);
    const listen = `127.0.0.1:${await freePort()}`;
    expect(await gmq.command('cfg', 'set', 'server', 'listen', listen)).toEqual({
      code: 0,
      stdout: '',
      stderr: 'gmq: [server] listen counts from the next start of gmq\n',
    });
    await gmq.command('cfg', 'set', 'platform', 'server', after.url);
    expect(await gmq.command('reread')).toEqual({
      code: 0,
      stdout: '',
      stderr: `gmq: [server] listen is ${listen} now, which counts after a restart of gmq; the running one stays on 127.0.0.1:${gmq.port}\n`,
    });
    await gmq.write(key, 'a=1');
    await drained(gmq);
    expect([before.arrivals.length, after.arrivals.length]).toEqual([0, 1]);
    await gmq.end('SIGTERM');
    const nobody = await gmq.command('reread');
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toMatch(new RegExp(`^gmq: gmq does not answer on ${listen}[^\n]*\n$`));
  });

  it('an address left by a queue that was killed does not keep reread from the one that runs', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const note = join(folder.path, 'var', 'gmq.db.address');
    const stale = `127.0.0.1:${await freePort()}`;
    for (const text of [JSON.stringify({ listen: stale, address: stale }), '{"cut', '']) {
      await writeFile(note, text);
      expect(await gmq.command('reread')).toEqual({ code: 0, stdout: '', stderr: '' });
    }
  });

  it('a port in use and a bad option each give one line and exit code 1', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const taken = await gmq.command();
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toMatch(/^gmq: 127\.0\.0\.1:\d+ is in use by another program; [^\n]+\n$/);
    await gmq.end('SIGTERM');
    await writeFile(join(folder.path, 'etc', 'gmq.cfg'), '[unq]\nbatch_qty = none\n');
    const bad = await gmq.command();
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/^gmq: [^\n]+gmq\.cfg, line 2: \[unq\] batch_qty = none: [^\n]+\n$/);
    for (const args of [['--bogus'], ['bogus'], ['cfg', 'set', 'unq'], ['status']]) {
      const { code, stderr } = await gmq.command(...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^gmq: [^\n]+\n$/);
    }
  });

  it('goes on with a new database when the old one is broken, keeps that, and says so', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    await gmq.end('SIGTERM');
    await writeFile(join(folder.path, 'var', 'gmq.db'), 'no database '.repeat(1000));
    await gmq.start();
    expect(await gmq.write(key, 'a=1')).toBe(204);
    expect(gmq.log).toMatch(/gmq\.db is corrupted and set aside as [^ ]+gmq\.db\.corrupt-\d{8}T\d{6}Z;/);
  });

  it('a second queue on the same database is refused with one line', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    const other = join(folder.path, 'etc', 'other.cfg');
    await writeFile(other, `[server]\nlisten = 127.0.0.1:${await freePort()}\n`);
    const refused = await gmq.command('-c', other);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^gmq: another gmq works on the queue in [^\n]+\n$/);
    expect(await gmq.write(key, 'a=1')).toBe(204);
  });

  it('answers 503 with a time to come back when the queue is full, and takes again after a reread', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await platform.down();
    const limits = { limits: { max_bytes: '64KB' } };
    await using gmq = await GmqProcess.start(folder.path, platform.url, {}, limits);
    const body = `alias=a&${second}=${'x'.repeat(40_000)}`;
    expect([await gmq.record(key, body), await gmq.record(key, body)]).toEqual([204, 503]);
    const head = `POST /onep:v1/stack/alias HTTP/1.1\r\nHost: x\r\nX-Exosite-CIK: ${key}\r\n`;
    const { text } = await exchange(gmq.port, `${head}Content-Length: 40002\r\n\r\na=${'x'.repeat(40_000)}`);
    expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n(.*\r\n)*Retry-After: \d+\r\n/);
    await gmq.command('cfg', 'set', 'limits', 'max_bytes', '1MB');
    await gmq.command('reread');
    expect(await gmq.record(key, body)).toBe(204);
  });

  it('logs as logging.cfg says, also after a reread', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    expect((await gmq.command('log', 'get', 'logger_root', 'level')).stdout).toBe('INFO\n');
    expect((await gmq.command('-l')).stdout).toBe(`${join(folder.path, 'etc', 'logging.cfg')}\n`);
    expect((await gmq.command('log', 'set', 'logger_intake', 'level', 'ERROR')).code).toBe(0);
    expect((await gmq.command('log')).stdout).toBe('[logger_intake]\nlevel = ERROR\n');
    const wrong = await gmq.command('log', 'set', 'logger_intake', 'level', 'LOUD');
    expect(wrong.stderr).toMatch(/expected DEBUG, INFO, WARNING, ERROR, CRITICAL\n$/);
    await gmq.command('reread');
    await gmq.write('no key', 'a=1');
    expect(gmq.log).not.toContain('X-Exosite-CIK');
    await gmq.command('log', 'set', 'logger_intake', 'level', "''");
    await gmq.command('reread');
    await gmq.send('POST', '/onep:v1/stack/alias', '{}', { 'Content-Type': 'application/json' });
    await waitUntil('the reason in the log', () => gmq.log.includes('not a form'));
  });

  it('keeps its database to itself', async () => {
    await using folder = await temporaryFolder();
    await using platform = await TestPlatform.start();
    await using gmq = await GmqProcess.start(folder.path, platform.url);
    await gmq.write(key, 'a=1');
    for (const name of ['gmq.db', 'gmq.db-wal']) {
      expect((await stat(join(folder.path, 'var', name))).mode & 0o777).toBe(0o600);
    }
  });
});
