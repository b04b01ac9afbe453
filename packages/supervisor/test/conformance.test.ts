import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { faults, SupervisorFault } from '../src/index.ts';
import { type RunningDaemon, startDaemon, type Target } from './support/daemons.ts';

/** Every scenario must hold for the embedded supervisor and for Debian's supervisord alike. */
const targets: readonly Target[] = ['embedded', 'supervisord'];

const stateOf = async (daemon: RunningDaemon, name: string) =>
  (await daemon.client.getProcessInfo(name)).statename;

const reaches = (daemon: RunningDaemon, name: string, state: string) =>
  waitUntil(`${name} to be ${state}`, async () => (await stateOf(daemon, name)) === state, {
    timeoutMs: 15_000,
  });

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

const faultOf = async (call: Promise<unknown>): Promise<[number, string]> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof SupervisorFault) return [error.faultCode, error.faultString];
    throw error;
  }
  throw new Error('expected a fault');
};

const sleeper = 'command=sleep 1000\n';

describe.each(targets)('%s', (target) => {
  const timeout = { timeout: 40_000 };

  test.concurrent('a program is STARTING, and RUNNING when it stayed up for startsecs', timeout, async () => {
    await using daemon = await startDaemon(target, `[program:app]\n${sleeper}startsecs=1\n`);
    const before = await daemon.client.getProcessInfo('app');
    expect(['STARTING', 'RUNNING']).toContain(before.statename);
    await reaches(daemon, 'app', 'RUNNING');
    const info = await daemon.client.getProcessInfo('app');
    expect(info).toMatchObject({
      name: 'app',
      group: 'app',
      state: 20,
      spawnerr: '',
      exitstatus: 0,
      stop: 0,
    });
    expect(info.description).toMatch(/^pid \d+, uptime 0:00:0\d$/);
    expect(info.pid).toBeGreaterThan(1);
    expect(info.now - info.start).toBeLessThan(30);
    expect(info.stdout_logfile).toMatch(/app-stdout---supervisor-.+\.log$/);
    expect(info.logfile).toBe(info.stdout_logfile);
    expect(await daemon.client.getAllProcessInfo()).toHaveLength(1);
  });

  test.concurrent(
    'autostart=false waits for startProcess; starting and stopping twice is a fault',
    timeout,
    async () => {
      await using daemon = await startDaemon(target, `[program:app]\n${sleeper}autostart=false\n`);
      const { client } = daemon;
      expect(await client.getProcessInfo('app')).toMatchObject({
        statename: 'STOPPED',
        description: 'Not started',
        pid: 0,
        start: 0,
      });
      expect(await faultOf(client.stopProcess('app'))).toEqual([faults.NOT_RUNNING, 'NOT_RUNNING: app']);
      await client.startProcess('app');
      expect(await stateOf(daemon, 'app')).toBe('RUNNING');
      expect(await faultOf(client.startProcess('app'))).toEqual([
        faults.ALREADY_STARTED,
        'ALREADY_STARTED: app',
      ]);
      await client.stopProcess('app');
      const stopped = await client.getProcessInfo('app');
      expect(stopped).toMatchObject({ statename: 'STOPPED', exitstatus: -1, pid: 0 });
      expect(stopped.description).toMatch(/^[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M$/);
    },
  );

  test.concurrent('a name that is not configured is BAD_NAME', timeout, async () => {
    await using daemon = await startDaemon(target, '');
    const { client } = daemon;
    expect(await faultOf(client.getProcessInfo('nobody'))).toEqual([faults.BAD_NAME, 'BAD_NAME: nobody']);
    expect(await faultOf(client.startProcess('nobody'))).toEqual([faults.BAD_NAME, 'BAD_NAME: nobody']);
    expect(await faultOf(client.stopProcess('some:body'))).toEqual([faults.BAD_NAME, 'BAD_NAME: some:body']);
    expect(await faultOf(client.stopProcessGroup('nobody'))).toEqual([faults.BAD_NAME, 'BAD_NAME: nobody']);
    expect(await faultOf(client.addProcessGroup('nobody'))).toEqual([faults.BAD_NAME, 'BAD_NAME: nobody']);
    expect(await faultOf(client.removeProcessGroup('nobody'))).toEqual([faults.BAD_NAME, 'BAD_NAME: nobody']);
    expect(await client.getAllProcessInfo()).toEqual([]);
  });

  test.concurrent(
    'a command that cannot be found or run is FATAL after startretries and says why',
    timeout,
    async () => {
      await using daemon = await startDaemon(
        target,
        `[program:missing]\ncommand=/no/such/file\nstartretries=0
[program:plain]\ncommand=%(here)s/plain.txt\nautostart=false
[program:quote]\ncommand=sh -c "unfinished\nautostart=false\n`,
      );
      const { client, folder } = daemon;
      writeFileSync(join(folder, 'plain.txt'), 'not a program');
      await reaches(daemon, 'missing', 'FATAL');
      const info = await client.getProcessInfo('missing');
      expect(info.spawnerr).toBe("can't find command '/no/such/file'");
      expect(info.description).toBe("can't find command '/no/such/file'");
      expect((await faultOf(client.startProcess('missing')))[0]).toBe(faults.NO_FILE);
      const [code, text] = await faultOf(client.startProcess('plain'));
      expect(code).toBe(faults.NOT_EXECUTABLE);
      expect(text).toBe(`NOT_EXECUTABLE: command at '${join(folder, 'plain.txt')}' is not executable`);
      expect((await faultOf(client.startProcess('quote')))[1]).toContain('No closing quotation');
      chmodSync(join(folder, 'plain.txt'), 0o755);
    },
  );

  test.concurrent('a program that exits too quickly is in BACKOFF, then FATAL', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      "[program:quick]\ncommand=sh -c 'echo go; exit 3'\nstartsecs=10\nstartretries=1\nautostart=false\nstdout_logfile=%(here)s/quick.log\n",
    );
    expect(await faultOf(daemon.client.startProcess('quick'))).toEqual([
      faults.SPAWN_ERROR,
      'SPAWN_ERROR: quick',
    ]);
    await reaches(daemon, 'quick', 'FATAL');
    expect((await daemon.client.getProcessInfo('quick')).description).toBe(
      'Exited too quickly (process log may have details)',
    );
    expect(textOf(join(daemon.folder, 'quick.log'))).toMatch(/^(go\n){2,4}$/);
    expect(textOf(join(daemon.folder, 'supervisord.log'))).toMatch(
      /exited: quick \(exit status 3; not expected\)\n.*gave up: quick entered FATAL state, too many start retries too quickly/s,
    );
  });

  test.concurrent('stopProcess ends BACKOFF', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      "[program:quick]\ncommand=sh -c 'exit 3'\nstartsecs=10\nstartretries=100\n",
    );
    await waitUntil(
      'a longer wait',
      () => textOf(join(daemon.folder, 'supervisord.log')).split('exited:').length > 2,
    );
    await reaches(daemon, 'quick', 'BACKOFF');
    await daemon.client.stopProcess('quick');
    expect(await stateOf(daemon, 'quick')).toBe('STOPPED');
  });

  test.concurrent(
    'an exit that is not expected is followed by a new start, an expected one is EXITED',
    timeout,
    async () => {
      await using daemon = await startDaemon(
        target,
        `[program:crashes]\ncommand=sh -c 'sleep 1.3; exit 7'\nexitcodes=0,2
[program:done]\ncommand=sh -c 'sleep 1.3; exit 2'\nexitcodes=0,2
[program:never]\ncommand=sh -c 'sleep 1.3; exit 9'\nautorestart=false
[program:always]\ncommand=sh -c 'sleep 1.3; exit 0'\nautorestart=true\n`,
      );
      const pids = new Map((await daemon.client.getAllProcessInfo()).map((info) => [info.name, info.pid]));
      await reaches(daemon, 'done', 'EXITED');
      await reaches(daemon, 'never', 'EXITED');
      expect(await daemon.client.getProcessInfo('done')).toMatchObject({
        exitstatus: 2,
        spawnerr: '',
        pid: 0,
      });
      expect(await daemon.client.getProcessInfo('never')).toMatchObject({
        exitstatus: 9,
        spawnerr: 'Bad exit code 9',
      });
      for (const name of ['crashes', 'always']) {
        await waitUntil(`${name} to be started again`, async () => {
          const { pid } = await daemon.client.getProcessInfo(name);
          return pid !== 0 && pid !== pids.get(name);
        });
      }
      const log = textOf(join(daemon.folder, 'supervisord.log'));
      expect(log).toContain('exited: done (exit status 2; expected)');
      expect(log).toContain('exited: crashes (exit status 7; not expected)');
    },
  );

  test.concurrent('a program that ignores its stopsignal is killed after stopwaitsecs', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `[program:stubborn]\ncommand=sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'\nstopwaitsecs=1\nstdout_logfile=%(here)s/out.log\nstopasgroup=true\n`,
    );
    await reaches(daemon, 'stubborn', 'RUNNING');
    const start = performance.now();
    const stopping = daemon.client.stopProcess('stubborn');
    await reaches(daemon, 'stubborn', 'STOPPING');
    expect(await faultOf(daemon.client.stopProcess('stubborn'))).toEqual([
      faults.NOT_RUNNING,
      'NOT_RUNNING: stubborn',
    ]);
    await stopping;
    expect(performance.now() - start).toBeGreaterThan(900);
    expect(await stateOf(daemon, 'stubborn')).toBe('STOPPED');
    expect(textOf(join(daemon.folder, 'supervisord.log'))).toMatch(/killing 'stubborn' \(\d+\) with SIGKILL/);
  });

  test.concurrent('stopsignal, signalProcess and stopasgroup send what they say', timeout, async () => {
    const script = `for s in INT HUP USR1; do trap "echo got $s" $s; done; trap 'echo bye; exit 0' QUIT; echo ready; while :; do sleep 0.05; done`;
    await using daemon = await startDaemon(
      target,
      `[program:hears]\ncommand=sh %(here)s/hears.sh\nautostart=false\nstopsignal=QUIT\nstdout_logfile=%(here)s/out.log\n`,
    );
    const { client, folder } = daemon;
    writeFileSync(join(folder, 'hears.sh'), script);
    expect(await faultOf(client.call('supervisor.signalProcess', ['hears', 'HUP']))).toEqual([
      faults.NOT_RUNNING,
      'NOT_RUNNING: hears',
    ]);
    await client.startProcess('hears');
    const out = () => textOf(join(folder, 'out.log'));
    for (const [signal, said] of [
      ['HUP', 'HUP'],
      ['sigusr1', 'USR1'],
      ['2', 'INT'],
    ]) {
      await client.call('supervisor.signalProcess', ['hears', signal]);
      await waitUntil(`the program to hear ${said}`, () => out().includes(`got ${said}`));
    }
    expect(await faultOf(client.call('supervisor.signalProcess', ['hears', 'NONSENSE']))).toEqual([
      faults.BAD_SIGNAL,
      'BAD_SIGNAL: NONSENSE',
    ]);
    await client.stopProcess('hears');
    expect(out()).toContain('bye');
    expect(await client.getProcessInfo('hears')).toMatchObject({ statename: 'STOPPED', exitstatus: 0 });
  });

  test.concurrent(
    'stdout and stderr go to their files, or to one with redirect_stderr',
    timeout,
    async () => {
      // The streams are opened by name too, which shell scripts do and which fails on a socket.
      const command = `command=sh -c 'echo out; echo err >&2; echo named > /dev/stderr; exec sleep 1000'\n`;
      await using daemon = await startDaemon(
        target,
        `[program:two]\n${command}stdout_logfile=%(here)s/two.out\nstderr_logfile=%(here)s/two.err
[program:one]\n${command}redirect_stderr=true\nstdout_logfile=%(here)s/one.log
[program:none]\n${command}stdout_logfile=NONE\nstderr_logfile=NONE\n`,
      );
      const { client, folder } = daemon;
      await waitUntil('the output', () => textOf(join(folder, 'two.err')).includes('named'));
      await waitUntil('the output', () => textOf(join(folder, 'one.log')).includes('named'));
      expect(textOf(join(folder, 'two.out'))).toBe('out\n');
      expect(textOf(join(folder, 'two.err'))).toBe('err\nnamed\n');
      expect(textOf(join(folder, 'one.log'))).toBe('out\nerr\nnamed\n');
      expect(await client.getProcessInfo('one')).toMatchObject({ stderr_logfile: '' });
      expect(await client.getProcessInfo('none')).toMatchObject({ stdout_logfile: '', logfile: '' });
      expect(await client.tailProcessStdoutLog('one', 0, 100)).toEqual(['out\nerr\nnamed\n', 14, false]);
      expect(await client.tailProcessStdoutLog('one', 0, 6)).toEqual(['named\n'.slice(-6), 14, true]);
      expect(await client.tailProcessStdoutLog('none', 0, 6)).toEqual(['', 0, false]);
      expect(await client.call('supervisor.readProcessStdoutLog', ['one', 4, 3])).toBe('err');
      expect(await client.call('supervisor.readProcessStdoutLog', ['one', -6, 0])).toBe('named\n');
      expect(await client.call('supervisor.readProcessStderrLog', ['two', 0, 0])).toBe('err\nnamed\n');
      expect((await faultOf(client.call('supervisor.readProcessStdoutLog', ['one', -6, 3])))[0]).toBe(
        faults.BAD_ARGUMENTS,
      );
      expect((await faultOf(client.call('supervisor.readProcessStdoutLog', ['none', 0, 0])))[0]).toBe(
        faults.NO_FILE,
      );
      await client.call('supervisor.clearProcessLogs', ['one']);
      expect(textOf(join(folder, 'one.log'))).toBe('');
    },
  );

  test.concurrent(
    'a log is rotated at logfile_maxbytes and logfile_backups of them are kept',
    timeout,
    async () => {
      await using daemon = await startDaemon(
        target,
        `[program:chatty]\ncommand=sh -c 'for i in 1 2 3 4 5; do printf "%%01023d\\n" $i; sleep 0.1; done; exec sleep 1000'
stdout_logfile=%(here)s/chatty.log\nstdout_logfile_maxbytes=1KB\nstdout_logfile_backups=2\n`,
      );
      const log = join(daemon.folder, 'chatty.log');
      await waitUntil('the fifth line', () => textOf(`${log}.1`).includes('5\n'));
      expect(textOf(`${log}.2`)).toMatch(/^0+4\n$/);
      expect(existsSync(`${log}.3`)).toBe(false);
      expect(textOf(log)).toBe('');
    },
  );

  test.concurrent(
    'reloadConfig tells what differs, and groups are added and removed one by one',
    timeout,
    async () => {
      await using daemon = await startDaemon(target, `[program:stays]\n${sleeper}`, {
        'a.conf': `[program:a]\n${sleeper}startsecs=0\n`,
        'b.conf': `[program:b]\n${sleeper}startsecs=0\n`,
      });
      const { client, folder } = daemon;
      const conf = (name: string) => join(folder, 'conf.d', name);
      expect(await client.reloadConfig()).toEqual({ added: [], changed: [], removed: [] });
      writeFileSync(conf('a.conf'), `[program:a]\n${sleeper}startsecs=0\npriority=5\n`);
      rmSync(conf('b.conf'));
      writeFileSync(conf('c.conf'), `[program:c]\n${sleeper}startsecs=0\n`);
      const before = await client.getProcessInfo('stays');
      expect(await client.reloadConfig()).toEqual({ added: ['c'], changed: ['a'], removed: ['b'] });
      expect(await faultOf(client.addProcessGroup('a'))).toEqual([faults.ALREADY_ADDED, 'ALREADY_ADDED: a']);
      await reaches(daemon, 'b', 'RUNNING');
      expect(await faultOf(client.removeProcessGroup('b'))).toEqual([
        faults.STILL_RUNNING,
        'STILL_RUNNING: b',
      ]);
      expect(await client.stopProcessGroup('b')).toEqual([
        { name: 'b', group: 'b', status: faults.SUCCESS, description: 'OK' },
      ]);
      await client.removeProcessGroup('b');
      expect((await faultOf(client.getProcessInfo('b')))[0]).toBe(faults.BAD_NAME);
      await client.addProcessGroup('c');
      await reaches(daemon, 'c', 'RUNNING');
      expect(await client.reloadConfig()).toEqual({ added: [], changed: ['a'], removed: [] });
      writeFileSync(conf('broken.conf'), '[program:broken]\ncommand=x\nautorestart=perhaps\n');
      const [code, text] = await faultOf(client.reloadConfig());
      expect(code).toBe(faults.CANT_REREAD);
      expect(text).toContain(conf('broken.conf'));
      expect((await client.getProcessInfo('stays')).pid).toBe(before.pid);
    },
  );

  test.concurrent('environment, directory, umask and expansions reach the program', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `[program:shows]
command=sh -c 'echo "$A|$B|$C|$SHARED|$SUPERVISOR_ENABLED|$SUPERVISOR_PROCESS_NAME|$SUPERVISOR_GROUP_NAME|$SUPERVISOR_SERVER_URL|%(ENV_FROM_OUTSIDE)s|%(program_name)s|%(process_num)02d"; pwd; umask; exec sleep 1000'
environment=A="a, b",B='%(ENV_FROM_OUTSIDE)s 100%%',
  C=plain/1.2
directory=/tmp
umask=027
stdout_logfile=%(here)s/%(program_name)s.log
`,
    );
    const log = join(daemon.folder, 'shows.log');
    await waitUntil('the output', () => textOf(log).split('\n').length >= 4);
    expect(textOf(log)).toBe(
      `a, b|outside 100%|plain/1.2|of all|1|shows|shows|${daemon.url}|outside|shows|00\n/tmp\n0027\n`,
    );
  });

  test.concurrent('groups are started and stopped together and named group:program', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `[program:x]\n${sleeper}autostart=false\n[program:y]\n${sleeper}autostart=false\n[group:both]\nprograms=y,x\n`,
    );
    const { client } = daemon;
    expect((await client.getAllProcessInfo()).map(({ group, name }) => `${group}:${name}`)).toEqual([
      'both:x',
      'both:y',
    ]);
    const started = await client.startProcessGroup('both');
    expect([...started].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'x', group: 'both', status: 80, description: 'OK' },
      { name: 'y', group: 'both', status: 80, description: 'OK' },
    ]);
    expect(await client.startProcessGroup('both')).toEqual([]);
    await client.stopProcess('both:x');
    expect(await stateOf(daemon, 'both:y')).toBe('RUNNING');
    expect(await client.call('supervisor.startProcess', ['both:*'])).toEqual([
      { name: 'x', group: 'both', status: 80, description: 'OK' },
    ]);
    expect((await client.call('supervisor.stopAllProcesses')) as unknown[]).toHaveLength(2);
  });

  test.concurrent('priority orders start and end: low ones start first and stop last', timeout, async () => {
    const program = (name: string, priority: number) =>
      `[program:${name}]\ncommand=sh %(here)s/note.sh ${name}\npriority=${priority}\nstartsecs=0\nstdout_logfile=NONE\nautostart=false\n`;
    await using daemon = await startDaemon(
      target,
      `${program('last', 30)}${program('first', 10)}${program('middle', 20)}`,
    );
    const { client, folder } = daemon;
    writeFileSync(
      join(folder, 'note.sh'),
      `cd ${folder}; trap 'echo "-$1" >> order; exit 0' TERM; echo "+$1" >> order; while :; do sleep 0.05; done`,
    );
    await client.call('supervisor.startAllProcesses');
    await waitUntil('all to run', () => textOf(join(folder, 'order')).split('\n').length === 4);
    await client.shutdown();
    expect(await daemon.ended()).toEqual({ code: 0, signal: null });
    expect(textOf(join(folder, 'order')).split('\n').slice(3)).toEqual(['-last', '-middle', '-first', '']);
    expect(existsSync(join(folder, 's.sock'))).toBe(false);
    expect(existsSync(join(folder, 'supervisord.pid'))).toBe(false);
  });

  test.concurrent('the interface tells about itself and refuses what it does not know', timeout, async () => {
    await using daemon = await startDaemon(target, '');
    const { client } = daemon;
    expect(await client.getState()).toEqual({ statecode: 1, statename: 'RUNNING' });
    expect(await client.call('supervisor.getAPIVersion')).toBe('3.0');
    expect(await client.getSupervisorVersion()).toMatch(/^4\.2\.5/);
    expect(await client.call('supervisor.getIdentification')).toBe('supervisor');
    expect(await client.call('supervisor.getPID')).toBe(daemon.process.pid);
    const methods = await client.call('system.listMethods');
    expect(methods).toEqual(expect.arrayContaining(['supervisor.startProcess', 'system.multicall']));
    expect(await client.call('system.methodSignature', ['supervisor.startProcess'])).toEqual([
      'boolean',
      'string',
      'boolean',
    ]);
    expect(await faultOf(client.call('supervisor.nothing'))).toEqual([1, 'UNKNOWN_METHOD']);
    expect(await faultOf(client.call('nothing'))).toEqual([1, 'UNKNOWN_METHOD']);
    expect((await faultOf(client.call('supervisor.getState', ['too', 'much'])))[0]).toBe(2);
    expect(
      await client.call('system.multicall', [
        [
          { methodName: 'supervisor.getAPIVersion', params: [] },
          { methodName: 'supervisor.getProcessInfo', params: ['nobody'] },
        ],
      ]),
    ).toEqual(['3.0', { faultCode: 10, faultString: 'BAD_NAME: nobody' }]);
    expect(await client.call('supervisor.readLog', [0, 10])).toHaveLength(10);
  });

  test.concurrent('sendProcessStdin reaches the program', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      '[program:cat]\ncommand=cat\nstdout_logfile=%(here)s/cat.log\n',
    );
    await reaches(daemon, 'cat', 'RUNNING');
    await daemon.client.call('supervisor.sendProcessStdin', ['cat', 'héllo\n']);
    await waitUntil('the echo', () => textOf(join(daemon.folder, 'cat.log')) === 'héllo\n');
    await daemon.client.stopProcess('cat');
    expect((await faultOf(daemon.client.call('supervisor.sendProcessStdin', ['cat', 'x'])))[0]).toBe(
      faults.NOT_RUNNING,
    );
  });

  test.concurrent(
    'restart stops all programs and begins anew with the configuration as it is now',
    timeout,
    async () => {
      await using daemon = await startDaemon(target, `[program:app]\n${sleeper}`);
      await reaches(daemon, 'app', 'RUNNING');
      const { pid } = await daemon.client.getProcessInfo('app');
      writeFileSync(join(daemon.folder, 'conf.d', 'new.conf'), `[program:new]\n${sleeper}`);
      await daemon.client.call('supervisor.restart');
      await waitUntil('the new program', async () => (await stateOf(daemon, 'new')) === 'RUNNING');
      expect((await daemon.client.getProcessInfo('app')).pid).not.toBe(pid);
      expect(await daemon.client.call('supervisor.getPID')).toBe(daemon.process.pid);
    },
  );
});
