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

const automaticLog = {
  target: { kind: 'auto' },
  maxBytes: 52_428_800,
  backups: 10,
  syslog: false,
  captureMaxBytes: 0,
  eventsEnabled: false,
};

test('a program gets the documented defaults', async () => {
  const { config } = await load('[supervisord]\n[program:app]\ncommand = app\n');
  expect(config.groups).toMatchObject([
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
          stdout: automaticLog,
          stderr: automaticLog,
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
stdout_syslog=true
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
    stdout: {
      target: { kind: 'file', path: join(folder, 'app.log') },
      maxBytes: 204_800,
      backups: 1,
      syslog: true,
      captureMaxBytes: 1_048_576,
      eventsEnabled: true,
    },
    stderr: { target: { kind: 'none' }, captureMaxBytes: 0, eventsEnabled: false },
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
    'HERE/supervisord.conf, line 4: [program:x] autorestart: "maybe" is no restart rule; accepted: true, false or unexpected',
  ],
  [
    '[supervisord]\n[program:x]\npriority=1\n',
    'line 2: [program:x] command: is missing; give a program and its arguments',
  ],
  [
    '[supervisord]\n[program:x]\ncommand=x\nnumprocs=3\n',
    'line 2: [program:x] process_name: %(process_num) must be present within process_name when numprocs > 1; write',
  ],
  [
    '[supervisord]\n[progam:x]\ncommand=x\n',
    'line 2: [progam:x]: unknown section; known are program:x, group:x, eventlistener:x,',
  ],
  [
    '[supervisord]\n[eventlistener:x]\ncommand=x\n',
    'line 2: [eventlistener:x] events: is missing; give names of event types',
  ],
  [
    '[supervisord]\n[eventlistener:x]\ncommand=x\nevents=TICK_5,TOCK\n',
    'line 4: [eventlistener:x] events: there is no event type TOCK; known are EVENT, PROCESS_STATE,',
  ],
  [
    '[supervisord]\n[eventlistener:x]\ncommand=x\nevents=TICK_5\nbuffer_size=0\n',
    'line 5: [eventlistener:x] buffer_size: 0 is less than 1; accepted: a whole number, 1 or more',
  ],
  [
    '[supervisord]\n[eventlistener:x]\ncommand=x\nevents=TICK_5\nredirect_stderr=true\n',
    'line 5: [eventlistener:x] redirect_stderr: true is not allowed here',
  ],
  [
    '[supervisord]\n[eventlistener:x]\ncommand=x\nevents=TICK_5\nresult_handler=my.module:handler\n',
    'line 5: [eventlistener:x] result_handler: a handler in Python is not supported',
  ],
  [
    '[supervisord]\n[eventlistener:a]\ncommand=x\nevents=TICK\n[program:a]\ncommand=x\n',
    'line 2: [eventlistener:a] has the name of another group',
  ],
  [
    '[supervisord]\n[program:a]\ncommand=x\nprocess_name=p\n[program:b]\ncommand=x\nprocess_name=p\n[group:g]\nprograms=a,b\n',
    'line 8: [group:g] has two processes of the name p',
  ],
  ['[supervisord]\n[program:x]\ncommand=x\nnumprocs=99999\n', 'numprocs: 99999 is more than 10000'],
  [
    '[supervisord]\n[program:x]\ncommand=x\nnumprocs=-1\n',
    'numprocs: -1 is less than 0; accepted: a whole number',
  ],
  ['[supervisord]\n[supervisord:x]\n', '[supervisord:x]: unknown section'],
  [
    '[supervisord]\n[rpcinterface:mine]\nsupervisor.rpcinterface_factory=x:y\n',
    'an extension of the interface in Python',
  ],
  [
    '[supervisord]\nminfds=many\n',
    'line 2: [supervisord] minfds: "many" is not a whole number; accepted: a whole number, 0 or more',
  ],
  ['[supervisord]\n[fcgi-program:x]\ncommand=x\n', 'use a real supervisord'],
  ['[supervisord]\n[program:a b]\ncommand=x\n', '[program:a b]: the name "a b" may not contain " "'],
  ['[supervisord]\n[program:x]\ncommand=x\nuser=nobody-here\n', 'user: there is no user nobody-here'],
  ['[supervisord]\n[program:x]\ncommand=x %(nope)s\n', 'line 4: [program:x] command: %(nope)s is not known'],
  [
    '[supervisord]\n[program:x]\ncommand=x\nstdout_logfile=/no/such/dir/x.log\n',
    'the directory of /no/such/dir/x.log',
  ],
  [
    '[supervisord]\n[program:x]\ncommand=x\nstopasgroup=true\nkillasgroup=false\n',
    'Cannot set stopasgroup=true',
  ],
  ['[supervisord]\n[group:g]\nprograms=nobody\n', 'line 3: [group:g] programs: there is no [program:nobody]'],
  ['[supervisord]\nlogfile\n', 'HERE/supervisord.conf, line 2: expected [section] or name = value'],
  [
    '[supervisord]\nstrip_ansi=maybe\n',
    'strip_ansi: "maybe" is neither true nor false; accepted: true, false,',
  ],
  ['[supervisord]\n[inet_http_server]\nport=99999\n', 'not PORT or HOST:PORT'],
  ['[supervisord]\n[unix_http_server]\nusername=x\nfile=%(here)s/s\n', 'must be given together'],
  ['[supervisord]\n[include]\nfile=x\n', 'line 3: [include] file: unknown option; known are files'],
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

test('numprocs makes one process for each number, and each can be told apart in every option', async () => {
  const { config, folder } = await load(
    `[supervisord]
[program:web]
command=serve --port 80%(process_num)02d --of %(numprocs)d
process_name=%(program_name)s_%(process_num)02d
numprocs=3
numprocs_start=8
directory=/srv/%(process_num)d
stdout_logfile=%(here)s/web-%(process_num)d.log
environment=NUMBER="%(process_num)d"
`,
  );
  expect(config.groups).toHaveLength(1);
  expect(
    config.groups[0]?.processes.map(({ name, command, directory, environment, stdout }) => [
      name,
      command,
      directory,
      environment.NUMBER,
      stdout.target,
    ]),
  ).toEqual(
    ['8', '9', '10'].map((number) => [
      `web_${number.padStart(2, '0')}`,
      `serve --port 80${number.padStart(2, '0')} --of 3`,
      `/srv/${number}`,
      number,
      { kind: 'file', path: join(folder, `web-${number}.log`) },
    ]),
  );
});

test('an event listener is a group of its own that comes first and goes last', async () => {
  const { config } = await load(
    '[supervisord]\n[program:a]\ncommand=a\n[eventlistener:z]\ncommand=z\nevents = tick_60, PROCESS_STATE\nnumprocs=2\nprocess_name=z%(process_num)d\n',
  );
  expect(config.groups.map((group) => group.name)).toEqual(['z', 'a']);
  expect(config.groups[0]).toMatchObject({
    priority: -1,
    pool: { events: ['PROCESS_STATE', 'TICK_60'], bufferSize: 10 },
    processes: [
      { name: 'z0', priority: 999 },
      { name: 'z1', priority: 999 },
    ],
  });
  expect(config.groups[1]).not.toHaveProperty('pool');
});

test('what is given on the command line wins over the file, and its errors say so', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'supervisord.conf');
  writeFileSync(file, '[supervisord]\nidentifier=file\nlogfile=NONE\n');
  const given = (...overrides: [string, string][]) => loadConfig(file, {}, new Map(overrides));
  expect(given(['identifier', '50%'], ['minfds', '7'])).toMatchObject({ identifier: '50%', leastFiles: 7 });
  expect(() => given(['loglevel', 'loud'])).toThrow(
    'command line: [supervisord] loglevel: "loud" is not known; accepted: critical, error, warn,',
  );
});

test('a syslog log file is the older way to write stdout_syslog', async () => {
  const { config } = await load('[supervisord]\n[program:a]\ncommand=a\nstdout_logfile=syslog\n');
  expect(config.groups[0]?.processes[0]?.stdout).toMatchObject({ target: { kind: 'none' }, syslog: true });
  expect(config.warnings[0]).toContain('stdout_logfile=syslog but this is deprecated');
});
