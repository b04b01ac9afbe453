import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayKit, packageOf } from './gateway-kit.ts';

const hasPython = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'python3')));

describe('an installation', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor();
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  const sleeps = (seconds: number) => [`command = /bin/sleep ${seconds}`, 'startsecs = 0'];

  it('runs install.sh in the unpacked directory with the documented environment, and reports its output', async () => {
    const status = await kit.install(
      'env_app.v1-2.tar.gz',
      packageOf([
        'echo "out $GWE_APP_NAME $GWE_APP_VERSION"',
        'echo "err $GWE_HOME" >&2',
        'pwd',
        'echo "$GWE_APP_DIR"',
      ]),
    );
    const folder = join(kit.layout.apps, 'env_app', '1-2');
    expect(status).toBe(
      [
        'env_app.v1-2.tar.gz: installed',
        'install.sh exited with status 0',
        'its output:',
        'out env_app 1-2',
        `err ${kit.layout.root}`,
        folder,
        folder,
      ].join('\n'),
    );
    expect(kit.journal().app('env_app')).toMatchObject({ name: 'env_app', version: '1-2', kind: 'one-off' });
  });

  it('of a package in a single top-level directory runs in that directory', async () => {
    const entries = packageOf(['cat data/file']).map((entry) => ({ ...entry, path: `top.v1/${entry.path}` }));
    const status = await kit.install('top.v1.tar.gz', [
      ...entries,
      { path: 'top.v1/data/file', content: 'within the directory\n' },
    ]);
    expect(status).toContain('within the directory');
  });

  it('replaces a running program: one entry, the new version, its log in the log directory', async () => {
    await kit.install('prog.v1.tar.gz', packageOf([], sleeps(2001)));
    expect(await kit.commandOf('prog')).toBe('/bin/sleep 2001');
    const status = await kit.install('prog.v2.tar.gz', packageOf([], sleeps(2002)));
    expect(status).toContain('prog.v2.tar.gz: installed\nits program is RUNNING');
    expect(await kit.commandOf('prog')).toBe('/bin/sleep 2002');
    const groups = (await kit.supervisor.getAllProcessInfo()).filter(({ group }) => group === 'prog');
    expect(groups).toHaveLength(1);
    expect(groups[0]?.stdout_logfile).toBe(join(kit.layout.log, 'prog.log'));
    expect(
      kit
        .journal()
        .apps()
        .filter(({ name }) => name === 'prog'),
    ).toMatchObject([{ name: 'prog', version: '2', kind: 'program', previous: '1' }]);
  });

  it('starts the program again though its entry is the same as before', async () => {
    await kit.install('same.v1.tar.gz', packageOf([], sleeps(2100)));
    const [before] = (await kit.supervisor.getAllProcessInfo()).filter(({ group }) => group === 'same');
    await kit.install('same.v2.tar.gz', packageOf([], sleeps(2100)));
    const after = await kit.supervisor.getProcessInfo('same');
    expect(after.statename).toBe('RUNNING');
    expect(after.pid).not.toBe(before?.pid);
  });

  it('of the same version again keeps the package until the new one has been installed', async () => {
    await kit.install('again.v1.tar.gz', packageOf(['echo first > from'], sleeps(2200)));
    await kit.install('again.v1.tar.gz', packageOf(['exit 1'], sleeps(2201)));
    expect(await kit.commandOf('again')).toBe('/bin/sleep 2200');
    expect(await kit.text('apps', 'again', '1', 'from')).toBe('first\n');
    await kit.install('again.v1.tar.gz', packageOf(['echo second > from'], sleeps(2201)));
    expect(await kit.commandOf('again')).toBe('/bin/sleep 2201');
    expect(await kit.text('apps', 'again', '1', 'from')).toBe('second\n');
  });

  it('that fails halfway runs the installer of the version before again, so that its files are whole', async () => {
    const file = '"$GWE_HOME/bin/half"';
    await kit.install('half.v1.tar.gz', packageOf([`echo old > ${file}`], sleeps(2300)));
    const status = await kit.install(
      'half.v2.tar.gz',
      packageOf([`echo new > ${file}`, 'exit 3'], sleeps(2301)),
    );
    expect(status).toMatch(
      /^half\.v2\.tar\.gz: not installed: install\.sh exited with status 3\nversion 1 is running again/,
    );
    expect(await kit.text('bin', 'half')).toBe('old\n');
    expect(await kit.commandOf('half')).toBe('/bin/sleep 2300');
    expect(kit.journal().app('half')?.version).toBe('1');
  });

  it('whose program does not start brings the version before back, with the end of the log', async () => {
    await kit.install('crash.v1.tar.gz', packageOf([], sleeps(2400)));
    const status = await kit.install(
      'crash.v2.tar.gz',
      packageOf([], ["command = /bin/sh -c 'echo no sensor; exit 7'", 'startretries = 0']),
    );
    expect(status).toContain('its program does not start (FATAL); the end of its log:\nno sensor');
    expect(status).toContain('version 1 is running again');
    expect(await kit.commandOf('crash')).toBe('/bin/sleep 2400');
  });

  it('whose program does not start and has no version before stays, so that FATAL shows in the report', async () => {
    await writeFile(join(kit.layout.log, 'fatal.log'), 'of long ago\n');
    const status = await kit.install('fatal.v1.tar.gz', packageOf([], ['startretries = 0']));
    expect(status).toContain('fatal.v1.tar.gz: installed, but its program does not start (FATAL)');
    expect(status).not.toContain('of long ago');
    expect(kit.journal().app('fatal')?.version).toBe('1');
  });

  it('leaves a program alone whose autostart is false', async () => {
    await kit.install('manual.v1.tar.gz', packageOf([], [...sleeps(2500), 'autostart = false']));
    expect((await kit.supervisor.getProcessInfo('manual')).statename).toBe('STOPPED');
  });

  it('of a one-off in place of a program takes the program out of the supervisor', async () => {
    await kit.install('change.v1.tar.gz', packageOf([], sleeps(2600)));
    await kit.install('change.v2.tar.gz', packageOf(['true']));
    const groups = (await kit.supervisor.getAllProcessInfo()).filter(({ group }) => group === 'change');
    expect(groups).toEqual([]);
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'change.conf')).toBeUndefined();
    expect(kit.journal().app('change')).toMatchObject({ name: 'change', version: '2', kind: 'one-off' });
  });

  it.each<[string, string, Parameters<GatewayKit['install']>[1], string]>([
    ['of a refused tarball', 'prog.v9.tar.gz', [{ path: '../x' }], 'refused: the path "../x" leads outside'],
    ['of a part of Gateway Engine itself', 'gwe.v9.tar.gz', packageOf([]), 'a part of Gateway Engine itself'],
    ['under a bad name', 'prog-9.tar.gz', packageOf([]), 'is no application tarball'],
    [
      'whose shell is missing',
      'noshell.v1.tar.gz',
      [{ path: 'install.sh', mode: 0o755, content: '#!/no/such/shell\n' }],
      'the shell named in its first line is not there',
    ],
  ])('%s is refused with the reason, and the program goes on', async (_, tarball, entries, reason) => {
    await kit.install('prog.v2.tar.gz', packageOf([], sleeps(2002)));
    const { pid } = await kit.supervisor.getProcessInfo('prog');
    const status = await kit.install(tarball, entries);
    expect(status).toContain(`${tarball}: failed: `);
    expect(status).toContain(reason);
    expect((await kit.supervisor.getProcessInfo('prog')).pid).toBe(pid);
    expect(kit.journal().app('prog')?.version).toBe('2');
  });

  const confs: [string, string][] = [
    ['user = nosuchuser', 'nosuchuser'],
    ['numprocs = abc', 'abc'],
    ['environment = A', 'cannot read "A"'],
    ['autorestrat = true', 'autorestrat: unknown option'],
    ['command = echo %(ENV_NO_SUCH_NAME)s', 'no environment variable NO_SUCH_NAME'],
  ];
  it.each(confs)('whose supervisor.conf has %s never gets to the supervisor', async (option, sentence) => {
    await kit.install('prog.v2.tar.gz', packageOf([], sleeps(2002)));
    const { pid } = await kit.supervisor.getProcessInfo('prog');
    const status = await kit.install('prog.v3.tar.gz', packageOf([], [...sleeps(2003), option]));
    expect(status).toContain('prog.v3.tar.gz: failed: refused: supervisor.conf');
    expect(status).toContain(sentence);
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'prog.conf')).not.toContain('2003');
    expect((await kit.supervisor.getProcessInfo('prog')).pid).toBe(pid);
  });

  it('takes a lone % of a command for itself', async () => {
    const status = await kit.install(
      'percent.v1.tar.gz',
      packageOf([], ["command = /bin/sh -c 'date +year-%Y; exec sleep 2004'", 'startsecs = 0']),
    );
    expect(status).toContain('its program is RUNNING');
    await waitUntil('the output', async () =>
      /^year-\d{4}$/m.test((await kit.text('log', 'percent.log')) ?? ''),
    );
  });

  it('of a library runs its setup.py', async () => {
    const content = 'import os, sys\nprint("setup", sys.argv[1:], os.environ["GWE_APP_NAME"])\n';
    const status = await kit.install('lib.v3.tar.gz', [{ path: 'setup.py', content }]);
    if (hasPython) {
      expect(status).toContain("setup ['install'] lib");
      expect(kit.journal().app('lib')).toMatchObject({ name: 'lib', version: '3', kind: 'library' });
    } else {
      expect(status).toContain('this gateway has no python3');
    }
  });

  it('of a first version that fails leaves no folder behind', async () => {
    await kit.install('first.v1.tar.gz', packageOf(['exit 1'], sleeps(2005)));
    expect(existsSync(join(kit.layout.apps, 'first'))).toBe(false);
  });

  it('goes on with the next of several after one has failed, in their order', async () => {
    const journal = kit.journal();
    kit.instruct(journal, 'one.v1.tar.gz', packageOf(['echo one']));
    kit.instruct(journal, 'two.v1.tar.gz', packageOf(['exit 5']));
    kit.instruct(journal, 'three.v1.tar.gz', packageOf(['echo three']));
    await kit.runner(journal).run(AbortSignal.timeout(60_000));
    const lines = kit
      .takeStatus()
      .split('\n')
      .filter((line) => line.includes('.tar.gz:'));
    expect(lines).toEqual([
      'one.v1.tar.gz: installed',
      'two.v1.tar.gz: failed: install.sh exited with status 5',
      'three.v1.tar.gz: installed',
    ]);
  });

  it('gives way to a later one of the same application that came while it waited', async () => {
    const journal = kit.journal();
    kit.instruct(journal, 'wait.v1.tar.gz', packageOf(['echo one']));
    kit.instruct(journal, 'wait.v2.tar.gz', packageOf(['echo two']));
    await kit.runner(journal).run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toMatch(
      /^wait\.v1\.tar\.gz: failed: replaced by .* wait\.v2\.tar\.gz\n\nwait\.v2\.tar\.gz: installed/,
    );
  });

  it('keeps the version before, removes older ones, and leaves nothing behind in cache and staging', async () => {
    for (const version of ['1', '2', '3']) {
      await kit.install(`tidy.v${version}.tar.gz`, packageOf([], sleeps(2700)));
    }
    await writeFile(join(kit.layout.cache, '99999.tar.gz.1-2.part'), 'left by a power cut');
    await kit.install('tidy.v4.tar.gz', packageOf([], sleeps(2700)));
    for (const [version, stays] of Object.entries({ 1: false, 2: false, 3: true, 4: true })) {
      expect(existsSync(join(kit.layout.apps, 'tidy', version))).toBe(stays);
    }
    expect(readdirSync(kit.layout.cache)).toEqual(['packages']);
    expect(readdirSync(kit.layout.packages).filter((name) => name.startsWith('tidy.'))).toEqual([
      'tidy.v3.tar.gz',
      'tidy.v4.tar.gz',
    ]);
    expect(readdirSync(kit.layout.staging)).toEqual([]);
  });
});

describe('an installation while the supervisor is down', () => {
  it('puts everything in place and says that the program starts with the supervisor', async () => {
    await using kit = await GatewayKit.make();
    const status = await kit.install('app.v1.tar.gz', packageOf(['echo hi'], ['command = /bin/sleep 3000']));
    expect(status).toContain(
      'app.v1.tar.gz: installed\nthe supervisor is not running; the program starts with it',
    );
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'app.conf')).toContain(
      '[program:app]\ncommand = /bin/sleep 3000',
    );
    expect(kit.journal().app('app')?.version).toBe('1');
  });

  it('refuses a supervisor.conf that would keep the supervisor from starting', async () => {
    await using kit = await GatewayKit.make();
    const status = await kit.install('app.v1.tar.gz', packageOf([], ['command = x', 'user = nosuchuser']));
    expect(status).toContain('app.v1.tar.gz: failed: refused: supervisor.conf');
    expect(await kit.text('etc', 'supervisor', 'conf.d', 'app.conf')).toBeUndefined();
    await kit.startSupervisor();
  });
});
