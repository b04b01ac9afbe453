import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rawTarball, temporaryFolder } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageOf } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('the command line of gwe', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let work: string;
  let home: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    work = join(folder.path, 'work');
    home = join(folder.path, 'home');
    await mkdir(work);
  });

  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  function gwe(
    args: readonly string[],
    input = '',
  ): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args], {
        cwd: work,
        env: { ...process.env, GWE_HOME: home },
      });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => {
        out += chunk;
      });
      child.stderr.on('data', (chunk) => {
        err += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, out, err }));
      child.stdin.end(input);
    });
  }

  const configuration = () =>
    Promise.all(['Gateway.cfg', 'Engine.config'].map((name) => readFile(join(home, 'etc', name), 'utf8')));

  it('sets the product, prints the configuration, and keeps the rest', async () => {
    const { code, out } = await gwe(['--set-product-id', 'myproduct', '--set-iface', 'lo', '-d', 'DEBUG']);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines.slice(0, 7)).toEqual([
      "Found interface 'lo' with MAC address (serial/uuid): 00:00:00:00:00:00",
      '[device]',
      "cik = ''",
      'model = myproduct',
      'vendor = myproduct',
      "uuid = ''",
      'iface = lo',
    ]);
    expect(lines).toContain('debug_level = DEBUG');
    expect((await stat(join(home, 'etc', 'Gateway.cfg'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    [['--set-uuid', 'FF:10:C2:9B:A8:46'], 'uuid = FF:10:C2:9B:A8:46'],
    [['--set-uuid', ''], "uuid = ''"],
    [['-u', "''"], "uuid = ''"],
    [['-m', 'm', '-r', 'v'], 'model = m\nvendor = v'],
    [['--product-id', 'p'], 'model = p\nvendor = p'],
    [['-c', 'a'.repeat(40)], `cik = ${'a'.repeat(40)}`],
    [['-c', ''], "cik = ''"],
    [['-t', '1'], 'update_interval = 1'],
    [['-t', '2678400'], 'update_interval = 2678400'],
    [['-l', '5'], 'activation_retry_interval = 5'],
    [['-a', 'My Agent/1'], 'user_agent = My Agent/1'],
    [['-a', ''], "user_agent = ''"],
    [['--set-server', 'http://127.0.0.1:8080'], 'server = http://127.0.0.1:8080'],
    [['-d', 'WARNING'], 'debug_level = WARNING'],
    [['--root-sha256', 'ab'.repeat(32)], `root_sha256 = ${'ab'.repeat(32)}`],
    [['--root-sha256', ''], "root_sha256 = ''"],
  ])('%j changes and prints the configuration', async (args, expected) => {
    const { code, out } = await gwe(args);
    expect(code).toBe(0);
    expect(out).toContain(`${expected}\n`);
  });

  it('drops the key of the former identity when the identity changes, and only then', async () => {
    const cik = 'a'.repeat(40);
    await gwe(['--set-product-id', 'p', '--set-uuid', 'one', '--set-cik', cik]);
    await gwe(['--set-product-id', 'p', '--set-uuid', 'one', '--set-iface', 'lo']);
    expect((await gwe(['-C'])).out).toBe(`${cik}\n`);
    const { err } = await gwe(['--set-uuid', 'two']);
    expect(err).toBe('gwe: the identity changes, so the CIK of the former one is dropped\n');
    expect((await gwe(['-C'])).out).toBe("''\n");
    await gwe(['--set-cik', cik, '--set-uuid', 'three']);
    expect((await gwe(['-C'])).out).toBe(`${cik}\n`);
    await gwe(['--set-cik', '']);
  });

  it('prints what it is asked for, exactly', async () => {
    expect((await gwe(['-C'])).out).toBe("''\n");
    expect((await gwe(['--path'])).out).toBe(`${home}\n`);
    expect((await gwe(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await gwe(['--mac-address', 'lo'])).out).toBe('00:00:00:00:00:00\n');
    expect((await gwe(['-g'])).out).toBe(await readFile(join(home, 'etc', 'Gateway.cfg'), 'utf8'));
    expect((await gwe(['-e'])).out).toBe(await readFile(join(home, 'etc', 'Engine.config'), 'utf8'));
    expect((await gwe(['--help'])).out).toMatch(
      /^Usage: gwe \[options\](?:.*\n)*Commands.*\n(?:.*\n)* {2}publish /,
    );
  });

  it('prints the same as JSON for programs', async () => {
    const json = async (...args: string[]) => JSON.parse((await gwe([...args, '--json'])).out);
    expect(await json('-C')).toEqual({ cik: null });
    expect(await json('--path')).toEqual({ path: home });
    expect(await json('--mac-address', 'lo')).toEqual({ interface: 'lo', mac_address: '00:00:00:00:00:00' });
    const file = join(home, 'etc', 'Gateway.cfg');
    const cfg = await json('-g');
    expect(cfg).toMatchObject({ file, sections: { device: { cik: '' } } });
    expect(await json('--set-vendor', cfg.sections.device.vendor)).toEqual(cfg);
    expect((await json('-e')).sections).toHaveProperty('engine.update_interval');
  });

  it('warns of an interface that the system does not have', async () => {
    const { code, err } = await gwe(['--set-iface', 'nic99']);
    expect(code).toBe(0);
    expect(err).toMatch(/^gwe: warning: this system has no interface "nic99" now; it has .*lo/);
  });

  it.each([
    [['--set-cik', 'short'], '--set-cik: a CIK has 40 lowercase hex digits'],
    [['--set-product-id', 'a/b'], '--set-product-id "a/b": a product id has 1 to 64 of'],
    [['--product-id', 'x'.repeat(65)], 'a product id has 1 to 64 of'],
    [['--set-update-interval', 'soon'], '--set-update-interval soon: expected a whole number of seconds'],
    [['--set-update-interval', '0'], 'at least 1'],
    [['--root-sha256', 'ab'], '--root-sha256 ab: expected a sha256 of 64 hex digits'],
    [['--set-update-interval', '2678401'], 'expected at most 2678400 seconds (31 days)'],
    [['-d', 'LOUD'], 'expected one of DEBUG'],
    [['--set-server', 'nowhere'], 'expected http(s)://HOST[:PORT]'],
    [['--set-uuid', 'a\nb'], 'control characters'],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['stauts'], "unknown command 'stauts'; did you mean 'status'?"],
    [['keys', 'lst'], "unknown command 'keys lst'; did you mean 'keys list'?"],
    [['-d', 'DEBUG', 'status'], 'status comes first'],
    [['--set-uuid'], 'argument missing'],
    [['--mac-address', 'nic99'], 'no interface "nic99"'],
    [['--check-buildfile', 'nowhere.json'], 'cannot read the build file nowhere.json'],
    [['--check-tarball', 'nowhere.v1.tar.gz'], 'nowhere.v1.tar.gz'],
    [['--check-tarball', 'nowhere.zip'], 'does not end in .tar.gz'],
    [['--install-apps', 'nowhere.v1.tar.gz'], 'cannot read'],
    [['--build-app', 'nowhere.json'], 'cannot read the build file'],
  ])('%j gives one line that says what is wrong, exit code 1, and changes nothing', async (args, message) => {
    const before = await configuration();
    const { code, out, err } = await gwe(args);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err.startsWith('gwe: ')).toBe(true);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(await configuration()).toEqual(before);
  });

  it('creates, checks and builds an application, and prints nothing but the path of the tarball', async () => {
    const created = await gwe(['--create-buildfile'], 'gwe-buildfile.json\n\n\n');
    expect(created.code).toBe(0);
    expect(created.out).toContain(`The build file is ${work}/gwe-buildfile.json`);
    expect(created.out).toContain('includes: ');
    expect(await gwe(['--check-buildfile', 'gwe-buildfile.json'])).toMatchObject({
      code: 0,
      out: '[PASS]\n',
      err: '',
    });
    const buildFile = JSON.parse(await readFile(join(work, 'gwe-buildfile.json'), 'utf8'));
    expect(buildFile).toMatchObject({ name: 'my_app', version: '1', includes: ['install.sh'] });

    await writeFile(join(work, 'install.sh'), '#!/bin/sh\necho installed from a file\n');
    await chmod(join(work, 'install.sh'), 0o755);
    buildFile.pre_build_cmds = ['echo Which one?; read answer; echo "you said $answer"'];
    await writeFile(join(work, 'gwe-buildfile.json'), JSON.stringify(buildFile));
    const built = await gwe(['--build-app', 'gwe-buildfile.json'], 'this one\n');
    expect(built).toEqual({
      code: 0,
      out: `${work}/my_app.v1.tar.gz\n`,
      err: 'Which one?\nyou said this one\n',
    });
    expect((await gwe(['--build-app', 'gwe-buildfile.json', '-d', 'DEBUG'], 'x\n')).err).toContain(
      'packing install.sh',
    );
    expect((await gwe(['-z', 'my_app.v1.tar.gz'])).out).toMatch(
      /^\[PASS\]\napplication my_app, version 1: runs once/,
    );
    expect((await gwe(['--create-buildfile'], 'gwe-buildfile.json\n')).err).toContain('exists already');
  });

  it('installs tarballs from files, prints each outcome, and fails when one fails', async () => {
    await writeFile(join(work, 'bad.v1.tar.gz'), rawTarball(packageOf(['echo no good', 'exit 4'])));
    const { code, out, err } = await gwe(['-I', 'bad.v1.tar.gz', 'my_app.v1.tar.gz']);
    expect(code).toBe(1);
    expect(out).toContain('bad.v1.tar.gz: failed: install.sh exited with status 4');
    expect(out).toContain('no good');
    expect(out).toContain('my_app.v1.tar.gz: installed');
    expect(out).toContain('installed from a file');
    expect(err.trimEnd().split('\n').at(-1)).toBe('gwe: not installed: bad.v1.tar.gz');
  });

  it('refuses a program that the supervisor would refuse, before it is packed off and when it is installed', async () => {
    await writeFile(
      join(work, 'conf.v1.tar.gz'),
      rawTarball(packageOf([], ['command = x', 'numprocs = abc'])),
    );
    expect((await gwe(['-I', 'conf.v1.tar.gz'])).out).toMatch(
      /^conf\.v1\.tar\.gz: failed: refused: supervisor\.conf.* numprocs: /,
    );
    const { code, err } = await gwe(['-z', 'conf.v1.tar.gz']);
    expect(code).toBe(1);
    expect(err).toMatch(/^gwe: conf\.v1\.tar\.gz: supervisor\.conf.* numprocs: /);
  });

  it('lets pass what only the gateway can know: its accounts and its environment', async () => {
    const conf = ['command = run', 'user = nosuchuser', 'directory = %(ENV_NO_SUCH_NAME)s'];
    await writeFile(join(work, 'there.v1.tar.gz'), rawTarball(packageOf([], conf)));
    expect((await gwe(['-z', 'there.v1.tar.gz'])).out).toMatch(/^\[PASS\]/);
  });
});
