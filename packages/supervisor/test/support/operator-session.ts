import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import {
  type Control,
  ControlLines,
  type ControlRun,
  comparable,
  configurationOf,
  startControl,
} from './control.ts';
import { type RunningDaemon, startDaemon, type Target } from './daemons.ts';

const sleeper = 'command=sleep 1000\nstartsecs=0\n';

const programs = `[program:app]
command=sh -c 'echo out; echo err >&2; exec sleep 1000'\nstartsecs=0\nstdout_logfile=%(here)s/app.out\nstderr_logfile=%(here)s/app.err
[program:echo]\ncommand=sh -c 'echo hello >&2; while read line; do echo "heard $line"; done'\nstartsecs=0
stdout_logfile=%(here)s/echo.out\nstderr_logfile=%(here)s/echo.err\nautorestart=false
[program:broken]\ncommand=/no/such/command\nstartretries=0\nautostart=false
[program:folder]\ncommand=/tmp\nstartretries=0\nautostart=false
[program:quick]\ncommand=false\nstartsecs=10\nstartretries=0\nautostart=false
[program:off]\n${sleeper}autostart=false\nstdout_logfile=NONE\npriority=1
[program:x]\n${sleeper}[program:y]\n${sleeper}[group:both]\nprograms=x,y\n`;

export interface Seen extends ControlRun {
  readonly did: string;
}

type Run = (...actions: string[]) => Promise<void>;

interface Desk {
  readonly control: Control;
  readonly daemon: RunningDaemon;
  readonly run: Run;
  readonly seen: Seen[];
}

/** Sessions of an operator, each with a supervisor of its own. */
export const operatorSessions = {
  'states and signals': statesAndSignals,
  'logs and help': logsAndHelp,
  'configuration and end': configurationAndEnd,
} as const satisfies Readonly<Record<string, (desk: Desk) => Promise<void>>>;

/** What an operator does with a control command and a supervisor; gives what was printed, and the exit codes. */
export async function operatorSession(
  session: keyof typeof operatorSessions,
  control: Control,
  target: Target,
): Promise<Seen[]> {
  await using daemon = await startDaemon(target, programs, { 'later.conf': `[program:later]\n${sleeper}` });
  const seen: Seen[] = [];
  await using lines = new ControlLines(control, configurationOf(daemon));
  const run = async (...actions: string[]) => {
    for (const did of actions) {
      const { code, output } = await lines.run(did);
      seen.push({ did: comparable(did, daemon), code, output: comparable(output, daemon) });
    }
  };
  await allUp(daemon);
  await operatorSessions[session]({ control, daemon, run, seen });
  return seen;
}

async function statesAndSignals({ run }: Desk): Promise<void> {
  await run('status', 'status app', 'status nobody', 'status nobody:*', 'status both:*', 'status both');
  await run('status app nobody both:*', 'status all', 'status both:x both:z', 'status off', 'pid off');
  await run('stop app', 'stop app', 'status app', 'start app', 'start app', 'restart app', 'restart');
  await run('start broken', 'start folder', 'start quick', 'start nobody', 'start nobody:*', 'start');
  await run('stop nobody', 'stop nobody:*', 'stop', 'stop broken', 'restart nobody', 'restart nobody:*');
  await run('stop both:*', 'stop both:*', 'start both:x', 'restart both:*', 'restart app both:*');
  await run('start off app nobody', 'stop off both:y nobody:*', 'start both:y', 'restart off quick');
  await run('signal CONT app', 'signal NONSENSE app', 'signal CONT nobody', 'signal CONT nobody:*', 'signal');
  await run(
    'signal CONT both:*',
    'signal CONT broken',
    'signal CONT all',
    'signal CONT',
    'signal 18 app off',
  );
}

async function logsAndHelp({ control, daemon, run, seen }: Desk): Promise<void> {
  await run('tail app', 'tail -3 app', 'tail app stderr', 'tail app STDERR', 'tail app nonsense', 'tail');
  await run(
    'tail nobody',
    'tail off',
    'tail -x app',
    'tail -5',
    'tail a b c d',
    'tail -0 app',
    'tail both:*',
  );
  await run('tail -3 app stdout', 'tail both:x', 'maintail -x', 'maintail x', 'maintail a b', 'maintail -1');
  await run('clear app', 'clear', 'clear nobody app', 'clear both:x off', 'clear both:*', 'tail app');
  await run('pid', 'pid app', 'pid nobody', 'pid all', 'pid nobody app', 'pid both:x');
  await run('avail', 'avail x', 'version', 'version x', 'reread x', 'shutdown x', 'reload x', 'nonsense');
  await run('help', 'help help', 'help nonsense', 'help start stop', '?', '?status', '!ls', '-- status off');
  for (const name of ['add', 'avail', 'clear', 'exit', 'fg', 'maintail', 'open', 'pid', 'quit', 'reload'])
    await run(`help ${name}`);
  for (const name of ['remove', 'reread', 'restart', 'shutdown', 'signal', 'start', 'status', 'stop', 'tail'])
    await run(`help ${name}`);
  await run('help update', 'help version', 'quit', 'exit', 'exit now', 'EOF', 'fg', 'fg nobody', 'fg a b');
  await run('fg broken', `open unix://${daemon.folder}/s.sock`, 'open ftp://host', 'open', 'add', 'remove');
  await run('open unix:///nowhere/s.sock');
  await follow(control, daemon, seen);
}

async function configurationAndEnd({ daemon, run }: Desk): Promise<void> {
  await changeConfiguration(daemon, run);
  await run('stop all', 'status', 'stop all', 'signal CONT all', 'clear all');
  await run('reload');
  await allUp(daemon);
  await run('status');
  await run('shutdown');
  await daemon.ended();
  await run('status', 'status app', 'start app', 'stop all', 'tail app', 'tail -f app', 'maintail', 'pid');
  await run('shutdown', 'reload', 'avail', 'reread', 'update', 'add app', 'version', 'fg app', 'clear app');
}

async function allUp(daemon: RunningDaemon): Promise<void> {
  for (const name of ['app', 'echo', 'both:x', 'both:y', 'later'])
    await waitUntil(name, async () => (await daemon.client.getProcessInfo(name)).statename === 'RUNNING', {
      timeoutMs: 15_000,
    });
}

async function changeConfiguration(daemon: RunningDaemon, run: Run): Promise<void> {
  const conf = join(daemon.folder, 'conf.d', 'later.conf');
  const broken = join(daemon.folder, 'conf.d', 'broken.conf');
  await run(
    'reread',
    'update',
    'add later',
    'add nobody',
    'add nobody later',
    'remove nobody',
    'remove later',
  );
  writeFileSync(conf, `[program:later]\n${sleeper}priority=1\n`);
  await run('reread', 'update nobody', 'update app', 'update later', 'update later');
  writeFileSync(join(daemon.folder, 'conf.d', 'more.conf'), `[program:more]\n${sleeper}`);
  rmSync(conf);
  await run('reread', 'avail', 'update all', 'status');
  rmSync(join(daemon.folder, 'conf.d', 'more.conf'));
  writeFileSync(conf, `[program:later]\n${sleeper}`);
  await run('update later more', 'reread', 'add later', 'remove later', 'stop later', 'remove later app');
  await run('add later nobody later');
  writeFileSync(broken, '[program:broken2]\ncommand=x\nautorestart=perhaps\n');
  await run('reread', 'update', 'avail');
  rmSync(broken);
  await run('reread');
}

/** The endless ones: each goes on until Ctrl-C, or ends by itself when there is nothing to follow. */
async function follow(control: Control, daemon: RunningDaemon, seen: Seen[]): Promise<void> {
  const run = async (did: string, steps: readonly { until: string; type?: string }[]) => {
    const use = startControl(control, [...configurationOf(daemon), ...did.split(' ')]);
    for (const { until, type } of steps) {
      await waitUntil(`${did}: ${until}`, () => use.output().includes(until), { timeoutMs: 15_000 });
      if (type !== undefined) use.type(type);
    }
    if (steps.length > 0) use.interrupt();
    const { code, output } = await use.ended();
    seen.push({ did, code, output: did.startsWith('main') ? '' : comparable(output, daemon) });
  };
  await run('tail -f echo stderr', [{ until: 'hello' }]);
  await run('tail -f nobody', []);
  await run('tail -f off', []);
  await run('maintail -f', [{ until: 'spawned' }]);
  // One of them is enough: supervisorctl takes 30 seconds to notice that it is over.
  await run('fg echo', [
    { until: 'hello', type: 'one' },
    { until: 'heard one', type: 'two' },
    { until: 'heard two' },
  ]);
}
