import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { type RunningDaemon, startDaemon, type Target } from './support/daemons.ts';

/** Every scenario must hold for the embedded supervisor and for Debian's supervisord alike. */
const targets: readonly Target[] = ['embedded', 'supervisord'];

const textOf = (daemon: RunningDaemon, name: string) => {
  const path = join(daemon.folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

const said = (daemon: RunningDaemon, name: string, text: string) =>
  waitUntil(`${name} to say ${text}`, () => textOf(daemon, name).includes(text), { timeoutMs: 15_000 });

interface ConfigInfo {
  readonly [key: string]: unknown;
}

describe.each(targets)('%s', (target) => {
  const timeout = { timeout: 40_000 };

  test.concurrent('numprocs processes run side by side, told apart by their number', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `[program:web]
command=sh -c 'echo %(process_num)d of %(numprocs)d as %(program_name)s in %(group_name)s on %(host_node_name)s $NUMBER $SUPERVISOR_PROCESS_NAME $SUPERVISOR_GROUP_NAME; exec sleep 1000'
process_name=%(program_name)s_%(process_num)02d
numprocs=3
numprocs_start=9
startsecs=0
environment=NUMBER="n%(process_num)d"
stdout_logfile=%(here)s/web-%(process_num)d.log
[program:one]\ncommand=sleep 1000\nstartsecs=0
[program:two]\ncommand=sleep 1000\nstartsecs=0\nprocess_name=p%(process_num)d\nnumprocs=2
[group:both]\nprograms=one,two\npriority=5\n`,
    );
    const names = (await daemon.client.getAllProcessInfo()).map(({ group, name }) => `${group}:${name}`);
    expect(names.sort()).toEqual([
      ...['both:one', 'both:p0', 'both:p1'],
      ...['web:web_09', 'web:web_10', 'web:web_11'],
    ]);
    for (const number of ['9', '10', '11']) {
      await said(daemon, `web-${number}.log`, '\n');
      const name = `web_${number.padStart(2, '0')}`;
      expect(textOf(daemon, `web-${number}.log`)).toBe(
        `${number} of 3 as web in web on ${hostname()} n${number} ${name} web\n`,
      );
    }
    await daemon.client.stopProcess('web:web_10');
    expect((await daemon.client.getProcessInfo('web:web_10')).statename).toBe('STOPPED');
    expect((await daemon.client.getProcessInfo('web:web_09')).statename).toBe('RUNNING');
    await daemon.client.stopProcessGroup('web');
    await daemon.client.removeProcessGroup('web');
    expect(await daemon.client.getAllProcessInfo()).toHaveLength(3);
  });

  test.concurrent(
    'strip_ansi takes escape codes out of the logs, without it they stay',
    timeout,
    async () => {
      const program = `[program:app]
command=sh -c 'printf "\\033[31mred\\033[0m and \\033[1;32mgreen\\033[0m\\n"; echo end; exec sleep 1000'
stdout_logfile=%(here)s/app.log\n`;
      await using stripped = await startDaemon(target, program, {
        'strip.conf': '[supervisord]\nstrip_ansi=true\n',
      });
      await said(stripped, 'app.log', 'end\n');
      expect(textOf(stripped, 'app.log')).toBe('red and green\nend\n');
      await using kept = await startDaemon(target, program);
      await said(kept, 'app.log', 'end\n');
      expect(textOf(kept, 'app.log')).toBe('\u001b[31mred\u001b[0m and \u001b[1;32mgreen\u001b[0m\nend\n');
    },
  );

  test.concurrent(
    'with loglevel debug the log of the supervisor has the output of programs',
    timeout,
    async () => {
      await using daemon = await startDaemon(
        target,
        `[program:app]\ncommand=sh -c 'echo to stdout; echo to stderr >&2; exec sleep 1000'\nstdout_logfile=NONE\n`,
        { 'debug.conf': '[supervisord]\nloglevel=debug\n' },
      );
      await said(daemon, 'supervisord.log', "DEBG 'app' stdout output:\nto stdout\n");
      await said(daemon, 'supervisord.log', "DEBG 'app' stderr output:\nto stderr\n");
    },
  );

  test.concurrent('getAllConfigInfo tells what is configured', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `[program:app]
command=/bin/sleep 1000
process_name=app_%(process_num)d
numprocs=2
priority=7
startsecs=3
startretries=4
exitcodes=0,2
stopsignal=QUIT
stopwaitsecs=5
stopasgroup=true
redirect_stderr=true
stdout_logfile=%(here)s/app.log
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=2
stdout_capture_maxbytes=3KB
stdout_events_enabled=true
stderr_capture_maxbytes=1
serverurl=unix:///nowhere\n`,
    );
    const infos = (await daemon.client.call('supervisor.getAllConfigInfo')) as ConfigInfo[];
    expect(infos.map((info) => info.name)).toEqual(['app_0', 'app_1']);
    expect(infos[0]).toMatchObject({
      group: 'app',
      command: '/bin/sleep 1000',
      autostart: true,
      inuse: true,
      process_prio: 7,
      group_prio: 7,
      startsecs: 3,
      startretries: 4,
      exitcodes: [0, 2],
      stopsignal: 3,
      stopwaitsecs: 5,
      killasgroup: true,
      redirect_stderr: true,
      stdout_logfile: join(daemon.folder, 'app.log'),
      stdout_logfile_maxbytes: 1_048_576,
      stdout_logfile_backups: 2,
      stdout_capture_maxbytes: 3072,
      stdout_events_enabled: true,
      stdout_syslog: false,
      stderr_capture_maxbytes: 1,
      serverurl: 'unix:///nowhere',
    });
  });

  test.concurrent('serverurl and the environment of all reach the program', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `[program:app]
command=sh -c 'echo $SUPERVISOR_SERVER_URL $SUPERVISOR_ENABLED $SHARED $OWN "%(ENV_SHARED)s" "%(ENV_OWN)s"; exec sleep 1000'
environment=OWN="its, own",SHARED="%(ENV_FROM_OUTSIDE)s"
serverurl=http://somewhere:1
stdout_logfile=%(here)s/app.log
[program:auto]
command=sh -c 'echo $SUPERVISOR_SERVER_URL; exec sleep 1000'
serverurl=AUTO
stdout_logfile=%(here)s/auto.log\n`,
    );
    await said(daemon, 'app.log', '\n');
    expect(textOf(daemon, 'app.log')).toBe('http://somewhere:1 1 outside its, own outside its, own\n');
    await said(daemon, 'auto.log', '\n');
    expect(textOf(daemon, 'auto.log')).toBe(`unix://${join(daemon.folder, 's.sock')}\n`);
  });

  test
    .runIf(process.getuid?.() === 0)
    .concurrent(
      'a program runs as its user with all groups of that user, in its directory and with its umask',
      timeout,
      async () => {
        // An account of every Debian system; who is in more groups is looked up, not assumed.
        const user = execFileSync('sh', ['-c', 'awk -F: \'$4 != "" { print $4; exit }\' /etc/group'], {
          encoding: 'utf8',
        })
          .trim()
          .split(',')[0];
        const name = user === undefined || user === '' ? 'nobody' : user;
        await using daemon = await startDaemon(
          target,
          `[program:app]
command=sh -c 'id -un; id -gn; id -G | tr " " "\\n" | sort | tr "\\n" " "; pwd; umask; exec sleep 1000'
user=${name}
directory=/usr
umask=027
stdout_logfile=%(here)s/app.log\n`,
        );
        await said(daemon, 'app.log', '0027\n');
        const groups = execFileSync('id', ['-G', name], { encoding: 'utf8' }).trim().split(' ').sort();
        const own = execFileSync('id', ['-gn', name], { encoding: 'utf8' }).trim();
        expect(textOf(daemon, 'app.log')).toBe(`${name}\n${own}\n${groups.join(' ')} /usr\n0027\n`);
      },
    );

  test.concurrent('files are included by patterns, in the order of their names', timeout, async () => {
    await using daemon = await startDaemon(target, '', {
      'b.conf': '[program:b]\ncommand=sleep 1000\ndirectory=%(here)s\n[program:same]\ncommand=/bin/sleep 1\n',
      'c.conf': '[program:same]\ncommand=/bin/sleep 1000\n',
      'd.txt': '[program:d]\ncommand=sleep 1000\n',
    });
    const infos = (await daemon.client.call('supervisor.getAllConfigInfo')) as ConfigInfo[];
    expect(infos.map(({ name, command, directory }) => [name, command, directory])).toEqual([
      ['b', 'sleep 1000', join(daemon.folder, 'conf.d')],
      ['same', '/bin/sleep 1000', 'none'],
    ]);
  });
});
