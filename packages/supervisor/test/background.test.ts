import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { SupervisorClient } from '../src/index.ts';
import { spawnDaemon, type Target, writeConfig } from './support/daemons.ts';

/** Every scenario must hold for the embedded supervisor and for Debian's supervisord alike. */
const targets: readonly Target[] = ['embedded', 'supervisord'];

async function runToEnd(target: Target, args: readonly string[], cwd: string) {
  const { output, ended } = spawnDaemon(target, args, cwd);
  return { ...(await ended()), output: output() };
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const pidIn = (file: string) => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);

describe.each(targets)('%s', (target) => {
  const timeout = { timeout: 40_000 };

  test.concurrent(
    'without -n it goes to the background, in a session and directory of its own',
    timeout,
    async () => {
      await using folder = await temporaryFolder();
      writeConfig(
        folder.path,
        `[program:app]\ncommand=sh -c 'umask; pwd; exec sleep 1000'\nstdout_logfile=%(here)s/app.log\nstartsecs=0\n`,
      );
      const at = (name: string) => join(folder.path, name);
      mkdirSync(at('elsewhere'));
      const args = ['-c', 'supervisord.conf', '-m', '027', '-d', at('elsewhere')];
      expect(await runToEnd(target, args, folder.path)).toEqual({ code: 0, signal: null, output: '' });
      const client = new SupervisorClient(`unix://${at('s.sock')}`);
      expect((await client.getState()).statename).toBe('RUNNING');
      await waitUntil('the pid file', () => pidIn(at('supervisord.pid')) > 1);
      const pid = pidIn(at('supervisord.pid'));
      expect(await client.call('supervisor.getPID')).toBe(pid);
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      expect(Number(session)).toBe(pid);
      await waitUntil(
        'the program',
        () => existsSync(at('app.log')) && readFileSync(at('app.log'), 'utf8').split('\n').length === 3,
      );
      expect(readFileSync(at('app.log'), 'utf8')).toBe(`0027\n${at('elsewhere')}\n`);
      await client.shutdown();
      await waitUntil('its end', () => !isAlive(pid));
      expect(existsSync(at('supervisord.pid'))).toBe(false);
    },
  );

  test.concurrent('what is wrong is told before it goes to the background', timeout, async () => {
    await using folder = await temporaryFolder();
    writeConfig(folder.path, '[program:app]\ncommand=x\nautorestart=maybe\n');
    const broken = await runToEnd(target, ['-c', 'supervisord.conf'], folder.path);
    expect(broken.code).toBe(2);
    expect(broken.output).toContain('maybe');
    const missing = await runToEnd(target, ['-c', 'nothing.conf'], folder.path);
    expect(missing.code).toBe(2);
    expect(missing.output).toContain('nothing.conf');
    for (const args of [['--nonsense'], ['more'], ['-e', 'loud', '-c', 'supervisord.conf'], ['-n', '-n']])
      expect((await runToEnd(target, args, folder.path)).code, String(args)).toBe(2);
  });

  test.concurrent('the flags win over the configuration', timeout, async () => {
    await using folder = await temporaryFolder();
    const file = writeConfig(folder.path, `[program:app]\ncommand=sleep 1000\nstartsecs=0\n`);
    const at = (name: string) => join(folder.path, name);
    mkdirSync(at('logs'));
    writeFileSync(at('logs/app-stdout---other-old.log'), '');
    const { child, ended, output } = spawnDaemon(
      target,
      [
        ...['-n', '-c', file, '-l', at('other.log'), '-e', 'debug', '-j', at('other.pid'), '-i', 'other'],
        ...['-q', at('logs'), '-k', '-y', '300', '-z', '2', '-t', '-a', '64', '--minprocs=10', '-s'],
        ...['-u', String(process.getuid?.())],
      ],
      folder.path,
    );
    const client = new SupervisorClient(`unix://${at('s.sock')}`);
    await waitUntil('it to answer', async () => (await client.getState()).statename === 'RUNNING');
    expect(await client.call('supervisor.getIdentification')).toBe('other');
    expect(pidIn(at('other.pid'))).toBe(child.pid);
    const { stdout_logfile } = await client.getProcessInfo('app');
    expect(stdout_logfile.startsWith(at('logs/app-stdout---other-'))).toBe(true);
    expect(existsSync(at('logs/app-stdout---other-old.log'))).toBe(true);
    for (let round = 0; round < 4; round++) {
      await client.stopProcess('app');
      await client.startProcess('app');
    }
    await waitUntil('a log set aside', () => existsSync(at('other.log.2')));
    expect(existsSync(at('other.log.3'))).toBe(false);
    expect(statSync(at('other.log')).size).toBeLessThan(2048);
    child.kill('SIGTERM');
    expect(await ended()).toEqual({ code: 0, signal: null });
    expect(output()).toBe('');
  });

  test.concurrent('a configuration is looked for in the usual places', timeout, async () => {
    await using folder = await temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    mkdirSync(at('etc'));
    writeFileSync(
      at('etc/supervisord.conf'),
      `[supervisord]\nnodaemon=true\nidentifier=found\npidfile=${at('x.pid')}\nlogfile=${at('x.log')}\n[unix_http_server]\nfile=${at('s.sock')}\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n`,
    );
    const { child, ended } = spawnDaemon(target, [], folder.path);
    const client = new SupervisorClient(`unix://${at('s.sock')}`);
    await waitUntil('it to answer', async () => (await client.getState()).statename === 'RUNNING');
    expect(await client.call('supervisor.getIdentification')).toBe('found');
    child.kill('SIGTERM');
    expect((await ended()).code).toBe(0);
  });
});

test('a second one in the background says why it cannot be, and exits accordingly', async () => {
  await using folder = await temporaryFolder();
  writeConfig(folder.path, '');
  expect((await runToEnd('embedded', ['-c', 'supervisord.conf'], folder.path)).code).toBe(0);
  const second = await runToEnd('embedded', ['-c', 'supervisord.conf'], folder.path);
  expect(second.code).toBe(1);
  expect(second.output).toMatch(/^gwe-supervisord: another supervisor is running with pid file [^\n]+\n$/);
  const client = new SupervisorClient(`unix://${join(folder.path, 's.sock')}`);
  const pid = Number(await client.call('supervisor.getPID'));
  await client.shutdown();
  await waitUntil('its end', () => !isAlive(pid));
});

test('more files or processes than are allowed are refused with a sentence', async () => {
  await using folder = await temporaryFolder();
  const file = writeConfig(folder.path, '');
  const { code, output } = await runToEnd('embedded', ['-n', '-c', file, '-a', '99999999999'], folder.path);
  expect(code).toBe(2);
  expect(output).toMatch(
    /^gwe-supervisord: \[supervisord\] minfds: 99999999999 open files are needed and only \S+ are allowed here; raise that limit/,
  );
});

test.runIf(process.getuid?.() === 0)(
  'as root it becomes the user it is told to be, with all its groups',
  async () => {
    await using folder = await temporaryFolder();
    const file = writeConfig(folder.path, '');
    chmodSync(folder.path, 0o777);
    const { child, ended } = spawnDaemon('embedded', ['-n', '-c', file, '-u', 'nobody'], folder.path);
    await waitUntil('the pid file', () => pidIn(join(folder.path, 'supervisord.pid')) > 1);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Groups:\t65534 $/m);
    expect(statSync(join(folder.path, 'supervisord.log')).uid).toBe(65534);
    child.kill('SIGTERM');
    await ended();
  },
);
