import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@gateway-engine/host';
import { coloursOf } from '@gateway-engine/host/command-line';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { homeLayout } from '../../src/home/layout.ts';
import { placesOfProcesses } from '../../src/logs/find-logs.ts';
import { chosen } from '../../src/logs/logs-command.ts';
import { shownLine, withoutControls } from '../../src/logs/shown-line.ts';
import { optionOf } from '../../src/logs/supervisor-log.ts';
import { GatewayKit } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const logs = (home: string, ...args: string[]) =>
  runToEnd(process.execPath, [main, 'logs', ...args], {
    env: { ...process.env, GWE_HOME: home },
    timeoutMs: 60_000,
  });

describe('gwe logs', () => {
  let following: ChildProcess | undefined;
  afterEach(() => void following?.kill('SIGKILL'));

  function follow(
    home: string,
    ...args: string[]
  ): { text: () => string; end: () => Promise<number | null> } {
    let text = '';
    const child = spawn(process.execPath, [main, 'logs', ...args], {
      env: { ...process.env, GWE_HOME: home },
    });
    following = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk;
      });
    }
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return {
      text: () => text,
      end: () => {
        child.kill('SIGINT');
        return ended;
      },
    };
  }

  it('shows logs of the home when no supervisor answers, and says which there are', async () => {
    await using folder = await temporaryFolder();
    const layout = homeLayout(folder.path);
    await mkdir(layout.log, { recursive: true });
    await mkdir(layout.programs, { recursive: true });
    await writeFile(join(layout.log, 'gwe.log'), 'one\ntwo\nthree\n');
    await writeFile(join(layout.log, 'reporter.log'), 'hello\n');
    const elsewhere = join(folder.path, 'else where.log');
    await writeFile(elsewhere, 'from elsewhere\n');
    await writeFile(join(layout.programs, 'probe.conf'), `[program:probe]\nstdout_logfile = ${elsewhere}\n`);

    expect(await logs(folder.path, '-n', '2')).toMatchObject({ exitCode: 0, output: 'two\nthree\n' });
    expect((await logs(folder.path, 'probe')).output).toBe('from elsewhere\n');
    expect((await logs(folder.path, 'reporter', 'gwe', '-n', '1')).output).toBe(
      'reporter | hello\ngwe      | three\n',
    );
    expect((await logs(folder.path, '--all', '--json', '-n', '1')).output.split('\n').slice(0, -1)).toEqual([
      '{"app":"gwe","line":"three"}',
      '{"app":"probe","line":"from elsewhere"}',
      '{"app":"reporter","line":"hello"}',
    ]);
    expect(await logs(folder.path, 'reportr')).toMatchObject({
      exitCode: 1,
      output:
        'gwe: there is no log of "reportr"; did you mean reporter? there are gwe, probe, reporter, supervisord\n',
    });
    expect((await logs(folder.path, '-n', '-1')).exitCode).toBe(1);
  });

  it.each([
    ['ours', undefined],
    ['a real supervisord', ['/usr/bin/supervisord']],
  ])('follows a program of %s over the rotation of its log', async (_, command) => {
    await using kit = await GatewayKit.make();
    const count =
      'i=0; while :; do i=$((i+1)); echo "line $i ........................................"; sleep 0.002; done';
    await writeFile(
      join(kit.layout.programs, 'counter.conf'),
      `[program:counter]\ncommand = /bin/sh -c '${count}'\nredirect_stderr = true\nstdout_logfile = ${kit.layout.root}/elsewhere.log\nstdout_logfile_maxbytes = 4KB\nstdout_logfile_backups = 3\n`,
    );
    await kit.startSupervisor(command);
    const followed = follow(kit.layout.root, 'counter', '-f', '-n', '3');
    const numbers = () =>
      [...followed.text().matchAll(/^line (\d+) \.+$/gm)].map(([, number]) => Number(number));
    await waitUntil('three rotations', () => (numbers().length > 300 ? true : undefined), {
      timeoutMs: 60_000,
    });
    expect(await followed.end()).toBe(0);
    const [first = 0] = numbers();
    expect(numbers()).toEqual(numbers().map((_number, index) => first + index));
  });
});

describe('the log of the supervisor itself', () => {
  it.each([
    ['ours', undefined],
    ['a real supervisord', ['/usr/bin/supervisord']],
  ])('is found where the configuration of %s has it', async (_, command) => {
    await using kit = await GatewayKit.make();
    const { supervisordConf, root } = kit.layout;
    const conf = await readFile(supervisordConf, 'utf8');
    const moved = conf.replace(/^logfile = .*$/m, `logfile = ${root}/own.log`);
    await writeFile(supervisordConf, moved);
    await kit.startSupervisor(command);
    expect(await logs(root, 'supervisord', '-n', '100')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('spawned'),
    });
  });

  it.each([
    [['supervisord', '-n', '-c', '/a'], '/a'],
    [['supervisord', '--configuration', '/a'], '/a'],
    [['supervisord', '--configuration=/a', ''], '/a'],
    [['supervisord', '-n'], undefined],
  ])('is looked for by the command line %j', (words, file) => {
    expect(optionOf(words, '-c', '--configuration')).toBe(file);
  });
});

describe('which logs are meant', () => {
  const process = (group: string, name: string, out: string, err = '') => ({
    group,
    name,
    stdout_logfile: out,
    stderr_logfile: err,
  });
  const places = placesOfProcesses([
    process('one', 'one', '/l/one.log'),
    process('pool', 'pool_00', '/l/p0.log', '/l/p0.err'),
    process('pool', 'pool_01', '/l/p1.log'),
    process('quiet', 'quiet', 'syslog', ''),
  ]);

  it('an application has those of all its processes', () => {
    expect(places).toEqual([
      { name: 'one', app: 'one', file: '/l/one.log' },
      { name: 'pool:pool_00', app: 'pool', file: '/l/p0.log' },
      { name: 'pool:pool_00 stderr', app: 'pool', file: '/l/p0.err' },
      { name: 'pool:pool_01', app: 'pool', file: '/l/p1.log' },
      { name: 'quiet', app: 'quiet', file: undefined },
    ]);
    expect(chosen(places, ['pool'], false)).toHaveLength(3);
    expect(chosen(places, ['pool:pool_01'], false)).toHaveLength(1);
    expect(chosen(places, [], true)).toHaveLength(5);
  });

  it('one that there is not is answered with those that there are', () => {
    expect(() => chosen(places, [], false)).toThrow('there is no log of "gwe"; there are one, pool, quiet');
    expect(() => chosen(places, ['pol'], false)).toThrow('did you mean pool?');
  });
});

describe('a line of a log', () => {
  it('cannot move the cursor of a terminal, but may be coloured', () => {
    expect(withoutControls('\x1b[31mred\x1b[0m \x1b[2Jgone\x1b]0;title\x07 \x07bell\x1bc\ttab\x9b')).toBe(
      '\x1b[31mred\x1b[0m gone bell\ttab',
    );
  });

  it('has its name before it where there are several, coloured on a terminal only', () => {
    const plain = { names: ['a', 'bcd'], isTerminal: false, colours: coloursOf({}) };
    expect(shownLine('a', 'x\x07', plain)).toBe('a   | x\x07');
    const terminal = { ...plain, isTerminal: true, colours: coloursOf({ isTTY: true }, { TERM: 'xterm' }) };
    expect(shownLine('a', 'x\x07', terminal)).toBe('\x1b[36ma  \x1b[39m | x');
    expect(shownLine('a', 'x', { ...plain, names: ['a'] })).toBe('x');
  });
});
