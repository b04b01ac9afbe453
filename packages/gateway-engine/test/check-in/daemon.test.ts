import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { formatEngineFetch } from '@gateway-engine/device-api';
import { runToEnd } from '@gateway-engine/host';
import { rawTarball, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HomeLayout, homeLayout } from '../../src/home/layout.ts';
import { packageOf } from '../ota/gateway-kit.ts';
import { FakePlatform } from './fake-platform.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('gwe as a process', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let platform: FakePlatform;
  let layout: HomeLayout;
  let engine: ChildProcess | undefined;
  let log = '';

  beforeEach(async () => {
    folder = await temporaryFolder();
    platform = await FakePlatform.start();
    layout = homeLayout(folder.path);
    log = '';
    await gwe(
      '--set-product-id',
      'prod',
      '--set-uuid',
      'sn 1',
      '--set-server',
      platform.url,
      '-t',
      '600',
      '-l',
      '1',
    );
  });

  afterEach(async () => {
    await stop();
    await platform[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const env = () => ({ ...process.env, GWE_HOME: folder.path });
  const gwe = (...args: string[]) =>
    runToEnd(process.execPath, [main, ...args], { env: env(), timeoutMs: 20_000 });

  function start(...args: string[]): void {
    engine = spawn(process.execPath, [main, ...args], { env: env(), stdio: ['ignore', 'ignore', 'pipe'] });
    engine.stderr?.on('data', (chunk: Buffer) => {
      log += chunk;
    });
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const running = engine;
    engine = undefined;
    if (!running) return null;
    const exited = new Promise<number | null>((resolve) => running.once('exit', resolve));
    if (running.exitCode !== null) return running.exitCode;
    running.kill(signal);
    return await exited;
  }

  const checkedIn = (times = 1) =>
    waitUntil(`${times} check-ins`, () => platform.checkIns().length >= times && platform.checkIns());

  /** What is stored from then on wakes it, in the same second, too. */
  const polling = () =>
    waitUntil('the long poll', () => {
      const reads = platform.seen.filter(({ path }) => path === '/onep:v1/stack/alias');
      return reads.length > platform.checkIns().length;
    });

  it('activates, keeps the key to its owner, and checks in by one request with all reports', async () => {
    start();
    const [first] = await checkedIn();
    expect([...(first?.written.keys() ?? [])]).toEqual(['usage_report', 'device_info', 'engine_report']);
    expect(first?.asked).toEqual(['engine_fetch', 'update_interval']);
    expect(first?.userAgent).toMatch(/^GatewayEngine-v\d/);
    for (const text of first?.written.values() ?? []) expect(typeof JSON.parse(text)).toBe('object');
    expect((await stat(layout.gatewayCfg)).mode & 0o777).toBe(0o600);
    expect((await gwe('-C')).output).toBe(`${platform.cik}\n`);
    await waitUntil('the long poll', () => platform.seen.length > 3);
    expect(platform.seen.map(({ path }) => path)).toEqual([
      '/provision/activate',
      '/onep:v1/stack/alias',
      '/gateway-engine/v1/tuf/1.root.json',
      '/onep:v1/stack/alias',
    ]);
    expect(log).not.toContain(platform.cik);
    expect(await stop()).toBe(0);
  });

  it('sends after the first check-in only what has changed, and asks for work all the same', async () => {
    await gwe('--set-update-interval', '1');
    start();
    const requests = await checkedIn(4);
    expect(requests[0]?.written.size).toBe(3);
    const later = requests.slice(1).map(({ written }) => [...written.keys()]);
    // A busy machine may move a figure by a step in between.
    expect(later.filter((aliases) => aliases.length === 0).length).toBeGreaterThan(1);
    const usage = JSON.parse(requests[0]?.written.get('usage_report') ?? '');
    expect(usage.lo.gwe.activate).toMatchObject({ num: 1, month: { num: 1 } });
    expect(usage.lo.kernel.rx).toBeGreaterThan(0);
  });

  it('activates again and again until it succeeds, and again when its key is refused', async () => {
    platform.activation = 404;
    start();
    await waitUntil('two attempts', () => log.split('does not know serial number').length > 2);
    platform.activation = platform.cik ?? '';
    await checkedIn();
    await polling();
    const renewed = 'b'.repeat(40);
    platform.cik = renewed;
    platform.activation = renewed;
    platform.store('engine_fetch', '');
    await waitUntil('a check-in with the new key', () =>
      platform.checkIns().some(({ cik }) => cik === renewed),
    );
    expect(await readFile(layout.gatewayCfg, 'utf8')).toContain(`cik = ${renewed}`);
  });

  it('keeps a key that was refused while there is no other', async () => {
    start();
    await checkedIn();
    await polling();
    const [key] = [platform.cik];
    platform.cik = undefined;
    platform.activation = 409;
    platform.store('engine_fetch', '');
    await waitUntil('the refusal', () => log.includes('not open for activation'));
    expect((await gwe('-C')).output).toBe(`${key}\n`);
    platform.cik = key;
    await checkedIn(2);
  });

  it('adopts an update interval, keeps it and clears it; notes one that makes no sense', async () => {
    platform.values.set('update_interval', '1');
    start();
    await waitUntil('the clearing', () => platform.values.get('update_interval') === '');
    expect(await readFile(layout.engineConfig, 'utf8')).toContain('update_interval = 1\n');
    await checkedIn(3);
    platform.values.set('update_interval', 'soon');
    await waitUntil('the note', () =>
      platform.written('fetch_status').some((text) => text.includes('"soon"')),
    );
    expect(platform.values.get('update_interval')).toBe('');
    expect(await readFile(layout.engineConfig, 'utf8')).toContain('update_interval = 1\n');
  });

  it.each([
    ['garbage', 'is not JSON'],
    ['{"install": 7}', 'no list "install"'],
    ['{"install": [{"name": 7}]}', 'no text "name"'],
    ['{"install": []}', 'nothing to install'],
    ['{"install": [{"name": "../../etc/passwd"}]}', 'no application tarball'],
    ['{"install": [{"name": "nothing.v1.tar.gz"}]}', 'is not in the content area of prod'],
  ])('clears the engine_fetch %s and says in fetch_status what is wrong', async (text, problem) => {
    platform.values.set('engine_fetch', text);
    start();
    await waitUntil('the reason', () =>
      platform.written('fetch_status').some((status) => status.includes(problem)),
    );
    expect(platform.values.get('engine_fetch')).toBe('');
    expect(platform.written('fetch_status')).toHaveLength(1);
  });

  it('installs what it is told at once while it waits, and reports version and output together', async () => {
    start();
    await checkedIn();
    platform.content.set('one.v1.tar.gz', rawTarball(packageOf(['echo hello from the installer'])));
    await waitUntil('the long poll', () => platform.seen.length > 2);
    platform.store('engine_fetch', formatEngineFetch({ install: ['one.v1.tar.gz'] }));
    const report = await waitUntil('the report', () =>
      platform.checkIns().find(({ written }) => written.has('fetch_status')),
    );
    expect(report.written.get('fetch_status')).toContain('one.v1.tar.gz: installed');
    expect(report.written.get('fetch_status')).toContain('hello from the installer');
    expect(JSON.parse(report.written.get('engine_report') ?? '').apps).toContainEqual({
      one: { version: '1', status: '', uptime: 0, exitstatus: null },
    });
    expect(platform.written('engine_fetch')).toEqual(['']);
  });

  it('sees an instruction that comes in the same second as the clearing of the one before', async () => {
    start();
    await checkedIn();
    for (const name of ['one', 'two', 'three']) {
      platform.content.set(`${name}.v1.tar.gz`, rawTarball(packageOf([`echo ${name}`])));
    }
    await waitUntil('the long poll', () => platform.seen.length > 2);
    for (const name of ['one', 'two', 'three']) {
      const cleared = platform.written('engine_fetch').length;
      platform.store('engine_fetch', formatEngineFetch({ install: [`${name}.v1.tar.gz`] }));
      await waitUntil('the clearing', () => platform.written('engine_fetch').length > cleared);
    }
    await waitUntil('all outcomes', () => {
      const told = platform.written('fetch_status').join('\n');
      return ['one', 'two', 'three'].every((name) => told.includes(`${name}.v1.tar.gz: installed`));
    });
    expect(
      platform
        .written('fetch_status')
        .join('\n')
        .match(/: installed/g),
    ).toHaveLength(3);
  });

  it('still gets its instructions at check-ins when long polls do not work', async () => {
    platform.failPollsWith = 503;
    await gwe('--set-update-interval', '1');
    start();
    await checkedIn();
    platform.content.set('one.v1.tar.gz', rawTarball(packageOf(['echo hello'])));
    platform.store('engine_fetch', formatEngineFetch({ install: ['one.v1.tar.gz'] }));
    await waitUntil('the report', () =>
      platform.written('fetch_status').join().includes('one.v1.tar.gz: installed'),
    );
    expect(platform.written('fetch_status')).toHaveLength(1);
  });

  it('goes on by itself after the platform was away', async () => {
    platform.failWith = 503;
    platform.values.set('engine_fetch', 'garbage');
    await gwe('--set-cik', platform.cik ?? '', '--set-update-interval', '1');
    start();
    await waitUntil('a failure', () => log.includes('check-in failed'));
    platform.failWith = undefined;
    await waitUntil('the reason', () => platform.written('fetch_status').length > 0);
  });

  it('killed while install.sh of a one-off runs: ends the installer, does not run it again, and says so', async () => {
    const script = ['echo ran >> "$GWE_HOME/runs"', 'sleep 30', 'echo too late >> "$GWE_HOME/runs"'];
    platform.content.set('slow.v1.tar.gz', rawTarball(packageOf(script)));
    platform.values.set('engine_fetch', formatEngineFetch({ install: ['slow.v1.tar.gz'] }));
    start();
    await waitUntil('the installer', () => existsSync(`${folder.path}/runs`));
    await stop('SIGKILL');
    start();
    await waitUntil('the report', () =>
      platform.written('fetch_status').join().includes('not run a second time'),
    );
    expect(await readFile(`${folder.path}/runs`, 'utf8')).toBe('ran\n');
    expect(log).toContain('ended an installer that a former engine had left running');
  });

  it('goes on checking in, adopts an interval and takes instructions while an installer hangs', async () => {
    const script = ['echo ran >> "$GWE_HOME/runs"', 'while ! [ -e "$GWE_HOME/go" ]; do sleep 0.1; done'];
    platform.content.set('slow.v1.tar.gz', rawTarball(packageOf(script)));
    platform.content.set('next.v1.tar.gz', rawTarball(packageOf(['echo next'])));
    start();
    await checkedIn();
    platform.store('engine_fetch', formatEngineFetch({ install: ['slow.v1.tar.gz'] }));
    await waitUntil('the notice', () =>
      platform.written('fetch_status').includes('slow.v1.tar.gz: installing ...'),
    );
    platform.values.set('update_interval', '1');
    platform.store('engine_fetch', formatEngineFetch({ install: ['next.v1.tar.gz'] }));
    await waitUntil('the clearing', () => platform.written('engine_fetch').length === 2);
    await gwe('--version');
    await checkedIn(2);
    await writeFile(`${folder.path}/go`, '');
    await waitUntil('both outcomes', () => {
      const told = platform.written('fetch_status').join('\n');
      return told.includes('slow.v1.tar.gz: installed') && told.includes('next.v1.tar.gz: installed');
    });
    expect(
      platform
        .written('fetch_status')
        .join()
        .match(/slow\.v1\.tar\.gz: installing/g),
    ).toHaveLength(1);
    expect(await readFile(`${folder.path}/runs`, 'utf8')).toBe('ran\n');
    const before = platform.checkIns().length;
    await checkedIn(before + 2);
    expect(await readFile(layout.engineConfig, 'utf8')).toContain('update_interval = 1\n');
  });

  it('ends quickly on SIGTERM, also while an installer runs', async () => {
    platform.content.set(
      'slow.v1.tar.gz',
      rawTarball(packageOf(['echo ran >> "$GWE_HOME/runs"', 'sleep 30'])),
    );
    platform.values.set('engine_fetch', formatEngineFetch({ install: ['slow.v1.tar.gz'] }));
    start();
    await waitUntil('the installer', () => existsSync(`${folder.path}/runs`));
    const began = performance.now();
    expect(await stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('tells the platform of an exception that ends it', async () => {
    await gwe('--set-update-interval', '1');
    start();
    await checkedIn();
    await writeFile(layout.engineConfig, 'no section, no option');
    platform.store('update_interval', '2');
    await waitUntil('the exception', () =>
      platform.written('fetch_status').join().includes('ended by an exception'),
    );
    await waitUntil('its end', () => engine?.exitCode === 1);
    expect(platform.written('fetch_status').join()).toContain('Engine.config, line 1');
  });

  it('runs once for a home: a second one says so in one line', async () => {
    start();
    await checkedIn();
    const second = await gwe();
    expect(second.exitCode).toBe(1);
    expect(second.output).toMatch(/^gwe: gwe runs already for \S+, process \d+\n$/);
  });

  it('with --once checks in once, does the work, reports it and ends', async () => {
    platform.content.set('one.v1.tar.gz', rawTarball(packageOf(['echo hello'])));
    platform.values.set('engine_fetch', formatEngineFetch({ install: ['one.v1.tar.gz'] }));
    const { exitCode } = await gwe('--once');
    expect(exitCode).toBe(0);
    expect(platform.written('fetch_status').join()).toContain('one.v1.tar.gz: installed');
    platform.failWith = 500;
    expect((await gwe('--once')).exitCode).toBe(1);
  });

  it('without an identity refuses to run, with exit status 255', async () => {
    await gwe('--set-uuid', "''");
    const { exitCode, output } = await gwe();
    expect(exitCode).toBe(255);
    expect(output).toMatch(
      /^gwe: \S+Gateway\.cfg has no serial number; run gwe --set-iface IFACE or gwe --set-uuid UUID\n$/,
    );
  });
});
