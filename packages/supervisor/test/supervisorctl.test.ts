import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { comparable, configurationOf, runControl } from './support/control.ts';
import { startDaemon, type Target } from './support/daemons.ts';
import { operatorSession, operatorSessions } from './support/operator-session.ts';

const sleeper = 'command=sleep 1000\nstartsecs=0\n';

/** Debian's supervisorctl as a person runs it: a process for each command. */
async function shortSession(target: Target): Promise<unknown[]> {
  await using daemon = await startDaemon(
    target,
    `[program:app]\ncommand=sh -c 'echo out; exec sleep 1000'\nstartsecs=0\nstdout_logfile=%(here)s/app.log
[program:quick]\ncommand=false\nstartsecs=10\nstartretries=0\nautostart=false
[program:x]\n${sleeper}[program:y]\n${sleeper}[group:both]\nprograms=x,y\n`,
    { 'later.conf': `[program:later]\n${sleeper}` },
  );
  for (const name of ['app', 'both:x', 'both:y', 'later'])
    await waitUntil(name, async () => (await daemon.client.getProcessInfo(name)).statename === 'RUNNING');
  const seen: unknown[] = [];
  const run = async (line: string) => {
    const { code, output } = await runControl('supervisorctl', [
      ...configurationOf(daemon),
      ...line.split(' '),
    ]);
    seen.push({ line, code, output: comparable(output, daemon) });
  };
  for (const line of ['stop app', 'status', 'start app nobody', 'start quick', 'restart both:*', 'tail app'])
    await run(line);
  rmSync(join(daemon.folder, 'conf.d', 'later.conf'));
  writeFileSync(join(daemon.folder, 'conf.d', 'new.conf'), `[program:new]\n${sleeper}`);
  for (const line of ['update', 'pid', 'signal HUP app', 'shutdown']) await run(line);
  expect(await daemon.ended()).toEqual({ code: 0, signal: null });
  await run('status');
  return seen;
}

test.concurrent('the real supervisorctl looks the same with both supervisors', {
  timeout: 120_000,
}, async () => {
  const [ours, theirs] = await Promise.all([shortSession('embedded'), shortSession('supervisord')]);
  expect(ours).toEqual(theirs);
});

test.concurrent.each(Object.keys(operatorSessions) as (keyof typeof operatorSessions)[])(
  'a session looks the same with both supervisors and both control commands, word for word: %s',
  { timeout: 240_000 },
  async (session) => {
    const [expected, ...others] = await Promise.all([
      operatorSession(session, 'supervisorctl', 'supervisord'),
      operatorSession(session, 'supervisorctl', 'embedded'),
      operatorSession(session, 'gwe-supervisorctl', 'supervisord'),
      operatorSession(session, 'gwe-supervisorctl', 'embedded'),
    ]);
    expect(expected?.length).toBeGreaterThan(40);
    for (const seen of others) expect(seen).toEqual(expected);
  },
);
