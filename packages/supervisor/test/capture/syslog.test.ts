import { systemClock } from '@gateway-engine/host';
import { FakeClock, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { Syslog } from '../../src/capture/syslog.ts';
import { spawnDaemon, writeConfig } from '../support/daemons.ts';
import { startSyslog } from '../support/syslog.ts';

const line = (text: string) =>
  new RegExp(`^<14>\\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d (\\S+ )?gwe-supervisord: ${text}$`);

test('lines reach the system log through the command logger', async () => {
  await using folder = await temporaryFolder();
  await using system = await startSyslog(folder.path);
  const troubles: string[] = [];
  const syslog = new Syslog({
    clock: systemClock,
    environment: { PATH: system.path },
    onTrouble: (message) => troubles.push(message),
  });
  syslog.write('app hello');
  syslog.write('app with a\rreturn, ünicode and %s');
  await waitUntil('two messages', () => system.messages().length === 2);
  syslog.close();
  expect(system.messages()[0]).toMatch(line('app hello'));
  expect(system.messages()[1]).toMatch(line('app with a return, ünicode and %s'));
  expect(troubles).toEqual([]);
});

test('without the command logger lines are dropped and counted, and that is told once', async () => {
  const clock = new FakeClock();
  const troubles: string[] = [];
  const syslog = new Syslog({
    clock,
    environment: { PATH: '/nowhere' },
    onTrouble: (message) => troubles.push(message),
  });
  syslog.write('one');
  await waitUntil('the trouble', () => troubles.length > 0);
  for (let count = 0; count < 100; count++) syslog.write('more');
  expect(troubles).toEqual([
    'cannot write to syslog, lines are dropped: there is no command logger; install bsdutils or util-linux',
  ]);
  expect(syslog.droppedLines).toBe(101);
});

test('a logger that ends is started again, but not with every line', async () => {
  await using folder = await temporaryFolder();
  await using system = await startSyslog(folder.path);
  const clock = new FakeClock();
  const troubles: string[] = [];
  const environment: NodeJS.ProcessEnv = { PATH: '/nowhere' };
  const syslog = new Syslog({ clock, environment, onTrouble: (message) => troubles.push(message) });
  syslog.write('lost');
  await waitUntil('the trouble', () => troubles.length > 0);
  environment.PATH = system.path;
  syslog.write('lost too');
  await clock.advance(5000);
  syslog.write('app is back');
  await waitUntil('the message', () => system.messages().length === 1);
  syslog.close();
  expect(system.messages()[0]).toMatch(line('app is back'));
  expect(troubles.at(-1)).toBe('syslog is written again, 2 lines were dropped');
});

test('stdout_syslog sends the output of a program, logfile=syslog the log of the supervisor', async () => {
  await using folder = await temporaryFolder();
  await using system = await startSyslog(folder.path);
  const file = writeConfig(
    folder.path,
    `[program:app]
command=sh -c 'echo first; echo second; echo to stderr >&2; printf last'
stdout_syslog=true
stderr_syslog=true
stdout_logfile=NONE
stderr_logfile=%(here)s/app.err
autorestart=false
startsecs=0\n`,
  );
  const { child, ended } = spawnDaemon('embedded', ['-n', '-l', 'syslog', '-c', file], folder.path, {
    PATH: system.path,
  });
  const has = (text: string) => system.messages().some((message) => line(text).test(message));
  await waitUntil('its output', () => has('app last') && has('app to stderr'));
  const output = system.messages().filter((message) => / app (first|second|last)$/.test(message));
  expect(output.map((message) => message.slice(message.indexOf(' app ') + 5))).toEqual([
    'first',
    'second',
    'last',
  ]);
  await waitUntil('the log of the supervisor', () =>
    has("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} INFO spawned: 'app' with pid \\d+"),
  );
  child.kill('SIGTERM');
  expect((await ended()).code).toBe(0);
});
