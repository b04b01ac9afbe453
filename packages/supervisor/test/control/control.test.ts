import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { freePort, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import {
  type Control,
  comparable,
  configurationOf,
  runControl,
  startAtTerminal,
  startControl,
} from '../support/control.ts';
import { type RunningDaemon, startDaemon } from '../support/daemons.ts';

const ours: Control = 'gwe-supervisorctl';
const both: readonly Control[] = ['supervisorctl', ours];

const sleeper = 'command=sleep 1000\nstartsecs=0\n';

const running = (daemon: RunningDaemon, name: string) =>
  waitUntil(name, async () => (await daemon.client.getProcessInfo(name)).statename === 'RUNNING');

test('the prompt shows the status and performs what is typed, as that of supervisorctl does', {
  timeout: 60_000,
}, async () => {
  const prompts = both.map(async (control) => {
    await using daemon = await startDaemon(
      'supervisord',
      `[program:app]\n${sleeper}stdout_logfile=NONE\n[program:x]\n${sleeper}[group:both]\nprograms=x\n`,
    );
    await running(daemon, 'app');
    const { code, output } = await runControl(control, configurationOf(daemon), [
      ...['', '   ', 'stop app', 'status app', 'nonsense', 'help', '?', 'help help', '*', 'start both:*'],
      ...['tail app', 'shutdown', 'no', 'reload', '', 'version', 'open', 'shutdown', 'Yes'],
    ]);
    await daemon.ended();
    return { code, output: comparable(output, daemon) };
  });
  const [theirs, own] = await Promise.all(prompts);
  expect(own).toEqual(theirs);
  expect(own?.output.endsWith('Shut down\nsupervisor> \n')).toBe(true);
});

test('quit, exit, the end of the input and Ctrl-C leave the prompt, whatever failed before, with 0', {
  timeout: 60_000,
}, async () => {
  await using daemon = await startDaemon('embedded', '');
  for (const leave of ['quit', 'exit', 'EOF', undefined]) {
    const lines = ['start nobody', ...(leave === undefined ? [] : [leave, 'version'])];
    const [theirs, own] = await Promise.all(
      both.map((control) => runControl(control, configurationOf(daemon), lines)),
    );
    expect(own).toEqual(theirs);
    expect(own?.code).toBe(0);
  }
  const [theirs, own] = await Promise.all(
    both.map(async (control) => {
      const use = startControl(control, configurationOf(daemon));
      await waitUntil('the prompt', () => use.output().includes('supervisor> '), { timeoutMs: 10_000 });
      use.interrupt();
      return await use.ended();
    }),
  );
  expect(own).toEqual(theirs);
});

test('Ctrl-C in tail -f and fg goes back to the prompt', { timeout: 60_000 }, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:echo]\ncommand=sh -c 'while read line; do echo "heard $line"; done'\nstartsecs=0
stdout_logfile=%(here)s/echo.out\nstderr_logfile=NONE\n`,
  );
  await running(daemon, 'echo');
  await daemon.client.call('supervisor.sendProcessStdin', ['echo', 'first\n']);
  const use = startControl(ours, configurationOf(daemon));
  const shows = (text: string) => waitUntil(text, () => use.output().includes(text), { timeoutMs: 10_000 });
  use.type('tail -f echo');
  await shows('heard first');
  use.interrupt();
  await waitUntil('the prompt again', () => use.output().split('supervisor> ').length === 3);
  use.type('fg echo');
  await waitUntil('the head', () => use.output().split('heard first').length === 3);
  use.type('second');
  await shows('heard second');
  use.interrupt();
  await shows('Exiting foreground');
  use.type('pid');
  await shows(String(daemon.process.pid));
  use.endInput();
  expect((await use.ended()).code).toBe(0);
});

test('fg ends when its program has ended', async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:once]\ncommand=sh -c 'read line; exit 0'\nstartsecs=0\nautorestart=false\n`,
  );
  await running(daemon, 'once');
  const use = startControl(ours, [...configurationOf(daemon), 'fg', 'once']);
  await waitUntil('fg', () => use.output().includes('exit <=='), { timeoutMs: 10_000 });
  use.type('go');
  await waitUntil('its end', async () => (await daemon.client.getProcessInfo('once')).pid === 0);
  use.type('again');
  expect(await use.ended()).toEqual({
    code: 0,
    output: '==> Press Ctrl-C to exit <==\nProcess got killed\nExiting foreground\n',
  });
});

test('user and password come from the options, the configuration, or the person', {
  timeout: 60_000,
}, async () => {
  const port = await freePort();
  await using daemon = await startDaemon(
    'supervisord',
    `[inet_http_server]\nport=127.0.0.1:${port}\nusername=op\npassword=secret\n`,
  );
  const url = `http://127.0.0.1:${port}`;
  const conf = join(daemon.folder, 'ctl.conf');
  writeFileSync(
    conf,
    `[supervisorctl]\nserverurl=${url}\nusername=op\npassword=secret ; of the site\nprompt=site\n`,
  );
  const bare = join(daemon.folder, 'bare.conf');
  writeFileSync(bare, '[supervisorctl]\n');
  for (const [args, lines] of [
    [['-c', bare, '-s', url, '-u', 'op', '-p', 'secret', 'pid'], []],
    [['-c', conf, 'pid'], []],
    [['-c', conf, '-p', 'wrong', 'pid'], []],
    [['-c', bare, '-s', url, 'status'], []],
    [['-c', conf], ['version']],
    [['-c', conf, '-i', 'shutdown'], ['n']],
  ] as const) {
    const [theirs, own] = await Promise.all(both.map((control) => runControl(control, args, lines)));
    // When it is refused, supervisorctl tries once more and shows where in its source that failed.
    expect([args, own]).toEqual([args, { ...theirs, output: theirs?.output.replace(/^error: .*\n/m, '') }]);
  }
  const asked = await runControl(ours, ['-c', bare, '-s', url], ['op', 'secret', 'pid']);
  expect(asked).toEqual({
    code: 0,
    output: `Server requires authentication\nUsername:Password:\nsupervisor> ${daemon.process.pid}\nsupervisor> \n`,
  });
});

test('without options the supervisor of the gateway is spoken to', { timeout: 40_000 }, async () => {
  await using folder = await temporaryFolder();
  const home = process.env.GWE_HOME;
  try {
    process.env.GWE_HOME = folder.path;
    const socket = `unix://${folder.path}/run/supervisor.sock`;
    mkdirSync(join(folder.path, 'etc'));
    writeFileSync(join(folder.path, 'etc', 'supervisord.conf'), `[supervisorctl]\nserverurl=${socket}\n`);
    expect(await runControl(ours, ['status'])).toEqual({ code: 4, output: `${socket} no such file\n` });
    expect(await runControl(ours, ['start', 'app'])).toMatchObject({ code: 7 });
  } finally {
    if (home === undefined) delete process.env.GWE_HOME;
    else process.env.GWE_HOME = home;
  }
});

test('wrong options and configurations are one clear line and exit code 2', { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const none = join(folder.path, 'none.conf');
  const other = join(folder.path, 'other.conf');
  writeFileSync(other, '[supervisord]\n');
  const broken = join(folder.path, 'broken.conf');
  writeFileSync(broken, '[supervisorctl]\nprompt = 5%\n');
  for (const [args, text] of [
    [['--nonsense', 'status'], "unknown option '--nonsense'"],
    [['-s', 'ftp://host', 'status'], 'use unix:///PATH or http://HOST:PORT'],
    [['-c', none, 'status'], `cannot read the configuration file ${none}`],
    [['-c', other, 'status'], `${other} has no [supervisorctl] section`],
    [['-c', broken, 'status'], `${broken}, line 2: [supervisorctl] prompt`],
  ] as const) {
    const { code, output } = await runControl(ours, args);
    expect(output).toContain(text);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  }
  const { code, output } = await runControl(ours, ['--help']);
  expect(code).toBe(0);
  expect(output).toContain('--serverurl <url>');
});

test('at a terminal names are completed, lines can be fetched back, and the history is kept', {
  timeout: 60_000,
}, async () => {
  await using daemon = await startDaemon('embedded', `[program:application]\n${sleeper}`);
  await running(daemon, 'application');
  const file = join(daemon.folder, 'history');
  writeFileSync(file, 'version\n');
  const use = startAtTerminal(ours, [...configurationOf(daemon), '-r', file]);
  const shows = (text: string, times = 1) =>
    waitUntil(`"${text}"`, () => use.output().split(text).length > times, { timeoutMs: 10_000 });
  // Each key on its own: what comes in one piece is taken for pasted text.
  const press = async (keys: string, echo: string, times = 1) => {
    use.press(keys);
    await shows(echo, times);
  };
  await shows('supervisor> ');
  await press('\u001b[A', 'supervisor> version');
  await press('\r', '4.2.5');
  await press('stat', 'stat');
  await press('\t', 'status ');
  await press('ap', 'ap');
  await press('\t', 'status application ');
  await press('\r', 'RUNNING', 2);
  await press('pid', 'pid');
  await press('\r', `${daemon.process.pid}\r\n`);
  use.press('\u0004');
  expect((await use.ended()).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('version\nstatus application \npid\n');
});

test('a password typed at a terminal is not shown; the erase key corrects it, Ctrl-C gives up', {
  timeout: 60_000,
}, async () => {
  const port = await freePort();
  await using daemon = await startDaemon(
    'embedded',
    `[inet_http_server]\nport=127.0.0.1:${port}\nusername=op\npassword=secret\n`,
  );
  const bare = join(daemon.folder, 'bare.conf');
  writeFileSync(bare, '[supervisorctl]\n');
  const begin = async () => {
    const use = startAtTerminal(ours, ['-c', bare, '-s', `http://127.0.0.1:${port}`]);
    const shows = (text: string) =>
      waitUntil(`"${text}"`, () => use.output().includes(text), { timeoutMs: 10_000 });
    await shows('Username:');
    use.press('op\r');
    await shows('Password:');
    return { use, shows };
  };
  const { use, shows } = await begin();
  use.press('wrong');
  use.press('\u007f'.repeat(5));
  use.press('secret\r');
  await shows('supervisor> ');
  use.press('pid\r');
  await shows(`${daemon.process.pid}\r\n`);
  use.press('\u0004');
  expect((await use.ended()).code).toBe(0);
  expect(use.output()).not.toMatch(/secret|wrong/);

  const other = await begin();
  other.use.press('sec\u0003');
  const { output } = await other.use.ended();
  expect(output).not.toContain('sec');
});

test('logs are followed over TCP with a password, by both control commands', {
  timeout: 60_000,
}, async () => {
  const port = await freePort();
  await using daemon = await startDaemon(
    'embedded',
    `[program:app]\ncommand=sh -c 'echo out; exec sleep 1000'\nstartsecs=0\nstdout_logfile=%(here)s/app.out
[inet_http_server]\nport=127.0.0.1:${port}\nusername=op\npassword={SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4\n`,
  );
  await running(daemon, 'app');
  // What is there already and what comes later are shown in different ways.
  await waitUntil('its output', async () =>
    (await daemon.client.tailProcessStdoutLog('app', 0, 100))[0].includes('out\n'),
  );
  const runs = both.map(async (control) => {
    const use = startControl(control, [
      ...configurationOf(daemon),
      ...['-s', `http://127.0.0.1:${port}`, '-u', 'op', '-p', 'secret', 'tail', '-f', 'app'],
    ]);
    await waitUntil('the log', () => use.output().includes('out\n'), { timeoutMs: 15_000 });
    use.interrupt();
    return await use.ended();
  });
  const [theirs, own] = await Promise.all(runs);
  expect(own).toEqual(theirs);
});

test('a server that is no supervisor, or of another version, is said to be so', {
  timeout: 40_000,
}, async () => {
  const port = await freePort();
  const answers = [
    '<html>',
    '<methodResponse><params><param><value><string>9.0</string></value></param></params></methodResponse>',
  ];
  const server = createServer((_, response) => response.end(answers.shift())).listen(port, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  expect(await runControl(ours, ['-s', url, 'start', 'app'])).toEqual({
    code: 1,
    output: expect.stringMatching(/^error: .*does not answer like a supervisor.*\n$/),
  });
  const { code, output } = await runControl(ours, ['-s', url, 'start', 'app']);
  expect([code, output]).toEqual([5, expect.stringContaining('the remote version is 9.0')]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
