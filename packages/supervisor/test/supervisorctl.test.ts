import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { type RunningDaemon, startDaemon, type Target } from './support/daemons.ts';

/** Runs Debian's supervisorctl; `<pid>` and the like stand for what differs from run to run. */
function supervisorctl(daemon: RunningDaemon, ...args: string[]): Promise<{ code: number; output: string }> {
  const all = ['-c', join(daemon.folder, 'supervisord.conf'), ...args];
  return new Promise((resolve) => {
    execFile('/usr/bin/supervisorctl', all, { encoding: 'utf8' }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`
        .replaceAll(daemon.folder, '<folder>')
        .replace(/pid \d+, uptime \d:\d\d:\d\d/g, 'pid <pid>, uptime <time>')
        .replace(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, '<moment>')
        .replace(/^\d+$/gm, '<pid>')
        .replace(/^4\.2\.5\S*/gm, '<version>');
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output });
    });
  });
}

/** A session of an operator; gives what was printed and the exit codes. */
async function session(target: Target): Promise<unknown[]> {
  const sleeper = 'command=sleep 1000\nstartsecs=0\n';
  await using daemon = await startDaemon(
    target,
    `[program:app]\ncommand=sh -c 'echo out; echo err >&2; exec sleep 1000'\nredirect_stderr=true\nstdout_logfile=%(here)s/app.log
[program:broken]\ncommand=/no/such/command\nstartretries=0\nautostart=false
[program:quick]\ncommand=false\nstartretries=0\nautostart=false
[program:x]\n${sleeper}[program:y]\n${sleeper}[group:both]\nprograms=x,y\n`,
    { 'later.conf': `[program:later]\n${sleeper}` },
  );
  for (const name of ['app', 'both:x', 'both:y', 'later'])
    await waitUntil(name, async () => (await daemon.client.getProcessInfo(name)).statename === 'RUNNING');
  const conf = join(daemon.folder, 'conf.d', 'later.conf');
  const seen: unknown[] = [];
  const run = async (...args: string[]) => {
    seen.push([args.join(' '), await supervisorctl(daemon, ...args)]);
  };
  await run('status');
  await run('status', 'app');
  await run('status', 'nobody');
  await run('stop', 'app');
  await run('stop', 'app');
  await run('status', 'app');
  await run('start', 'app');
  await run('start', 'app');
  await run('restart', 'app');
  await run('start', 'broken');
  await run('start', 'quick');
  await run('start', 'nobody');
  await run('stop', 'both:*');
  await run('start', 'both:x');
  await run('restart', 'both:*');
  await run('signal', 'CONT', 'app');
  await run('signal', 'NONSENSE', 'app');
  await run('tail', 'app');
  await run('tail', '-3', 'app');
  await run('clear', 'app');
  await run('pid');
  await run('pid', 'app');
  await run('avail');
  await run('version');
  await run('reread');
  writeFileSync(conf, `[program:later]\n${sleeper}priority=1\n`);
  await run('reread');
  await run('update');
  rmSync(conf);
  await run('update');
  writeFileSync(conf, `[program:later]\n${sleeper}`);
  await run('reread');
  await run('add', 'later');
  await run('add', 'later');
  await run('remove', 'later');
  await run('stop', 'later');
  await run('remove', 'later');
  await run('stop', 'all');
  await run('status');
  await run('shutdown');
  expect(await daemon.ended()).toEqual({ code: 0, signal: null });
  await run('status');
  return seen;
}

test('a session with the real supervisorctl looks the same with both supervisors', {
  timeout: 120_000,
}, async () => {
  const [ours, theirs] = await Promise.all([session('embedded'), session('supervisord')]);
  expect(ours).toEqual(theirs);
});
