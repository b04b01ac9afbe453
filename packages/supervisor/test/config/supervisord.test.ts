import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/index.ts';

async function load(text: string, files: Record<string, string> = {}, environment: NodeJS.ProcessEnv = {}) {
  await using folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder.path, name, '..'), { recursive: true });
    writeFileSync(join(folder.path, name), content);
  }
  const file = join(folder.path, 'supervisord.conf');
  writeFileSync(file, text);
  try {
    return { folder: folder.path, config: loadConfig(file, environment) };
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(folder.path, 'HERE');
    throw error;
  }
}

test('a program gets the documented defaults', async () => {
  const { config } = await load('[supervisord]\n[program:app]\ncommand = app\n');
  expect(config.groups).toEqual([
    {
      name: 'app',
      priority: 999,
      processes: [
        {
          name: 'app',
          group: 'app',
          command: 'app',
          directory: undefined,
          umask: undefined,
          priority: 999,
          autostart: true,
          autorestart: 'unexpected',
          startSeconds: 1,
          startRetries: 3,
          stopSignal: 'SIGTERM',
          stopWaitSeconds: 10,
          stopAsGroup: false,
          killAsGroup: false,
          exitCodes: [0],
          user: undefined,
          redirectStderr: false,
          stdout: { target: { kind: 'auto' }, maxBytes: 52_428_800, backups: 10 },
          stderr: { target: { kind: 'auto' }, maxBytes: 52_428_800, backups: 10 },
          environment: {},
          serverUrl: undefined,
        },
      ],
    },
  ]);
});

test('every documented option of a program is taken', async () => {
  const { config, folder } = await load(`[supervisord]
[program:app]
command=/bin/app --x="a b" ; a comment
process_name=%(program_name)s_%(process_num)02d
numprocs=1
numprocs_start=4
priority=5
autostart=false
startsecs=10
startretries=0
autorestart=true
exitcodes=0,2
stopsignal=QUIT
stopwaitsecs=1
stopasgroup=true
killasgroup=true
user=root
redirect_stderr=true
stdout_logfile=%(here)s/app.log
stdout_logfile_maxbytes=200KB
stdout_logfile_backups=1
stdout_capture_maxbytes=1MB
stdout_events_enabled=true
stdout_syslog=false
stderr_logfile=NONE
stderr_logfile_maxbytes=1MB
stderr_logfile_backups=2
stderr_capture_maxbytes=0
stderr_events_enabled=false
stderr_syslog=false
environment=A="1",B="2"
directory=/tmp
umask=077
serverurl=AUTO
`);
  expect(config.groups[0]?.processes[0]).toMatchObject({
    name: 'app_04',
    command: '/bin/app --x="a b"',
    stopSignal: 'SIGQUIT',
    umask: 0o77,
    user: { name: 'root', uid: 0, gid: 0 },
    stdout: { target: { kind: 'file', path: join(folder, 'app.log') }, maxBytes: 204_800, backups: 1 },
    stderr: { target: { kind: 'none' } },
    environment: { A: '1', B: '2' },
  });
});

test('included files add programs; %(here)s is the folder of the file it stands in', async () => {
  const { config, folder } = await load(
    '[supervisord]\npidfile=%(here)s/x.pid\nenvironment=FROM=main\n[include]\nfiles = conf.d/*.conf %(ENV_MORE)s/*.ini missing/*.conf\n',
    {
      'conf.d/b.conf': '[program:b]\ncommand=%(here)s/run %(ENV_FROM)s\n',
      'conf.d/a.conf': '[program:a]\ncommand=a\nenvironment=OWN=x,FROM=own\n',
      'more/c.ini': '[program:c]\ncommand=c\npriority=1\n',
    },
    { MORE: 'more' },
  );
  expect(config.groups.map((group) => group.name)).toEqual(['c', 'a', 'b']);
  expect(config.groups[2]?.processes[0]?.command).toBe(`${join(folder, 'conf.d')}/run main`);
  expect(config.groups[1]?.processes[0]?.environment).toEqual({ FROM: 'own', OWN: 'x' });
  expect(config.pidfile).toBe(join(folder, 'x.pid'));
  expect(config.warnings).toEqual(['No file matches via include "missing/*.conf"']);
});

test('a group takes its programs out of their own groups', async () => {
  const { config } = await load(
    '[supervisord]\n[program:a]\ncommand=a\npriority=2\n[program:b]\ncommand=b\npriority=1\n[program:c]\ncommand=c\n[group:g]\nprograms=a,b\npriority=1000\n',
  );
  expect(config.groups.map((group) => [group.name, group.processes.map((process) => process.name)])).toEqual([
    ['c', ['c']],
    ['g', ['b', 'a']],
  ]);
});

test('sections of supervisorctl and of its plug-ins are left alone', async () => {
  const { config } = await load(
    '[supervisord]\nnodaemon=true\nminfds=1024\n[supervisorctl]\nserverurl=x\nanything=y\n[ctlplugin:z]\nq=1\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=z\n[unix_http_server]\nfile=%(here)s/s.sock\nchmod=0770\n[inet_http_server]\nport=*:9001\nusername=u\npassword=p\n',
  );
  expect(config.servers).toMatchObject([
    { kind: 'unix', mode: 0o770 },
    { kind: 'inet', host: undefined, port: 9001, username: 'u', password: 'p' },
  ]);
});

test.each([
  ['[program:x]\ncommand=x\n', 'HERE/supervisord.conf: there is no [supervisord] section'],
  [
    '[supervisord]\n\n[program:x]\ncommand=x\n# comment\nautorestrat=true\n',
    'HERE/supervisord.conf, line 6: [program:x] autorestrat: unknown option; known are command,',
  ],
  [
    '[supervisord]\n[program:x]\ncommand=x\nautorestart=maybe\n',
    'HERE/supervisord.conf, line 4: [program:x] autorestart: "maybe" is not one of true, false, unexpected',
  ],
  ['[supervisord]\n[program:x]\npriority=1\n', 'line 2: [program:x] command: is missing'],
  [
    '[supervisord]\n[program:x]\ncommand=x\nnumprocs=3\n',
    'line 4: [program:x] numprocs: 3 is not supported, only 1;',
  ],
  [
    '[supervisord]\n[progam:x]\ncommand=x\n',
    'line 2: [progam:x]: unknown section; known are program, group,',
  ],
  ['[supervisord]\n[eventlistener:x]\ncommand=x\n', 'use a real supervisord'],
  ['[supervisord]\n[fcgi-program:x]\ncommand=x\n', 'use a real supervisord'],
  ['[supervisord]\n[program:a b]\ncommand=x\n', '[program:a b]: the name "a b" may not contain " "'],
  ['[supervisord]\n[program:x]\ncommand=x\nuser=nobody-here\n', 'user: there is no user nobody-here'],
  ['[supervisord]\n[program:x]\ncommand=x %(nope)s\n', 'line 4: [program:x] command: %(nope)s is not known'],
  [
    '[supervisord]\n[program:x]\ncommand=x\nstdout_logfile=/no/such/dir/x.log\n',
    'the directory of /no/such/dir/x.log',
  ],
  ['[supervisord]\n[program:x]\ncommand=x\nstdout_syslog=true\n', 'syslog is not supported'],
  [
    '[supervisord]\n[program:x]\ncommand=x\nstopasgroup=true\nkillasgroup=false\n',
    'Cannot set stopasgroup=true',
  ],
  ['[supervisord]\n[group:g]\nprograms=nobody\n', 'line 3: [group:g] programs: there is no [program:nobody]'],
  ['[supervisord]\nlogfile\n', 'HERE/supervisord.conf, line 2: expected [section] or name = value'],
  ['[supervisord]\nstrip_ansi=true\n', 'strip_ansi'],
  ['[supervisord]\n[inet_http_server]\nport=99999\n', 'not PORT or HOST:PORT'],
  ['[supervisord]\n[unix_http_server]\nusername=x\nfile=%(here)s/s\n', 'must be given together'],
  ['[supervisord]\n[include]\nfile=x\n', '[include] file: unknown option; use files'],
])('%j is refused: %s', async (text, problem) => {
  await expect(load(text.replace('command=x %(nope)s', '\ncommand=x %(nope)s'))).rejects.toThrow(problem);
});

test('an error in an included file names that file and line', async () => {
  const files = { 'conf.d/app.conf': '; app\n[program:app]\ncommand=x\nstartsecs=soon\n' };
  await expect(load('[supervisord]\n[include]\nfiles=conf.d/*.conf\n', files)).rejects.toThrow(
    'HERE/conf.d/app.conf, line 4: [program:app] startsecs: "soon" is not a whole number',
  );
});

test('a missing file is one clear sentence', () => {
  expect(() => loadConfig('/no/such.conf', {})).toThrow('there is no configuration file /no/such.conf');
});
