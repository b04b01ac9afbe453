import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { type RunningDaemon, startDaemon, startIn, type Target, writeConfig } from './support/daemons.ts';
import { processesWith } from './support/processes.ts';

/** Every scenario must hold for the embedded supervisor and for Debian's supervisord alike. */
const targets: readonly Target[] = ['embedded', 'supervisord'];

const script = fileURLToPath(new URL('support/listener.py', import.meta.url));

interface Told {
  readonly header: Readonly<Record<string, string>>;
  readonly payload: string;
}

function listener(name: string, events: string, more = '', results = ''): string {
  return `[eventlistener:${name}]
command=/usr/bin/python3 ${script} %(here)s/${name}.events ${results}
events=${events}
startsecs=0
stdout_logfile=NONE
stderr_logfile=%(here)s/${name}.err
${more}
`;
}

/** What a listener noted so far. */
function told(daemon: RunningDaemon, name: string): Told[] {
  const path = join(daemon.folder, `${name}.events`);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n=== end\n')
    .slice(0, -1)
    .map((entry) => {
      const [head = '', ...payload] = entry.split('\n');
      const header = Object.fromEntries(
        head.split(' ').map((field): [string, string] => {
          const [key = '', ...value] = field.split(':');
          return [key, value.join(':')];
        }),
      );
      return { header, payload: payload.join('\n') };
    });
}

const kinds = (events: readonly Told[]) => events.map(({ header }) => header.eventname);

const waitForKind = (daemon: RunningDaemon, name: string, kind: string) =>
  waitUntil(`${kind} to be told`, () => kinds(told(daemon, name)).includes(kind), { timeoutMs: 15_000 });

const withoutPids = (text: string | undefined) => text?.replace(/pid:[1-9]\d*/, 'pid:PID');

describe.each(targets)('%s', (target) => {
  const timeout = { timeout: 40_000 };

  test.concurrent('a listener is told every change of state of a process', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `${listener('states', 'PROCESS_STATE')}
[program:app]\ncommand=sh -c 'sleep 1.5; exit 3'\nautostart=false\nautorestart=false
[program:quick]\ncommand=sh -c 'exit 1'\nautostart=false\nstartsecs=10\nstartretries=0
[program:long]\ncommand=sleep 1000\nautostart=false\nstartsecs=0\n`,
    );
    const { client } = daemon;
    await waitForKind(daemon, 'states', 'PROCESS_STATE_RUNNING');
    await client.startProcess('app');
    await waitForKind(daemon, 'states', 'PROCESS_STATE_EXITED');
    await client.startProcess('quick').catch(() => undefined);
    await waitForKind(daemon, 'states', 'PROCESS_STATE_FATAL');
    await client.startProcess('long');
    await client.stopProcess('long');
    await waitForKind(daemon, 'states', 'PROCESS_STATE_STOPPED');
    const events = told(daemon, 'states');
    const payloads = (name: string) =>
      events
        .filter(({ payload }) => payload.startsWith(`processname:${name} groupname:${name} `))
        .map(({ header, payload }) => [
          header.eventname?.slice('PROCESS_STATE_'.length),
          withoutPids(payload.slice(`processname:${name} groupname:${name} `.length)),
        ]);
    expect(payloads('app')).toEqual([
      ['STARTING', 'from_state:STOPPED tries:0'],
      ['RUNNING', 'from_state:STARTING pid:PID'],
      ['EXITED', 'from_state:RUNNING expected:0 pid:PID'],
    ]);
    expect(payloads('quick')).toEqual([
      ['STARTING', 'from_state:STOPPED tries:0'],
      ['BACKOFF', 'from_state:STARTING tries:1'],
      ['FATAL', 'from_state:BACKOFF'],
    ]);
    expect(payloads('long')).toEqual([
      ['STARTING', 'from_state:STOPPED tries:0'],
      ['RUNNING', 'from_state:STARTING pid:PID'],
      ['STOPPING', 'from_state:RUNNING pid:PID'],
      ['STOPPED', 'from_state:STOPPING pid:PID'],
    ]);
    expect(payloads('states').slice(0, 2)).toEqual([
      ['STARTING', 'from_state:STOPPED tries:0'],
      ['RUNNING', 'from_state:STARTING pid:PID'],
    ]);
    const serials = events.map(({ header }) => Number(header.serial));
    expect(serials).toEqual([...serials].sort((a, b) => a - b));
    expect(events.map(({ header }) => header.poolserial)).toEqual(events.map((_, index) => String(index)));
    expect(events[0]?.header).toMatchObject({ ver: '3.0', server: 'supervisor', pool: 'states' });
    for (const { header, payload } of events) expect(header.len).toBe(String(payload.length));
  });

  test.concurrent('groups that come and go, and messages from outside, are told', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `${listener('rest', 'PROCESS_GROUP,REMOTE_COMMUNICATION,SUPERVISOR_STATE_CHANGE')}
[program:app]\ncommand=sleep 1000\nautostart=false
[program:slow]\ncommand=sh -c 'trap "sleep 1; exit 0" TERM; while :; do sleep 0.1; done'\nstartsecs=0\n`,
    );
    const { client } = daemon;
    await waitForKind(daemon, 'rest', 'SUPERVISOR_STATE_CHANGE_RUNNING');
    await client.removeProcessGroup('app');
    await client.addProcessGroup('app');
    await client.call('supervisor.sendRemoteCommEvent', ['greeting', 'hällo\nworld']);
    await waitForKind(daemon, 'rest', 'REMOTE_COMMUNICATION');
    daemon.process.kill('SIGTERM');
    await daemon.ended();
    expect(told(daemon, 'rest').map(({ header, payload }) => [header.eventname, payload])).toEqual([
      ['PROCESS_GROUP_ADDED', 'groupname:rest\n'],
      ['PROCESS_GROUP_ADDED', 'groupname:app\n'],
      ['PROCESS_GROUP_ADDED', 'groupname:slow\n'],
      ['SUPERVISOR_STATE_CHANGE_RUNNING', ''],
      ['PROCESS_GROUP_REMOVED', 'groupname:app\n'],
      ['PROCESS_GROUP_ADDED', 'groupname:app\n'],
      ['REMOTE_COMMUNICATION', 'type:greeting\nhällo\nworld'],
      ['SUPERVISOR_STATE_CHANGE_STOPPING', ''],
    ]);
    expect(told(daemon, 'rest')[6]?.header.len).toBe(String('type:greeting\nhällo\nworld'.length));
  });

  test.concurrent('output becomes events, and what stands between the marks a message', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      `${listener('logs', 'PROCESS_LOG,PROCESS_COMMUNICATION')}
[program:app]
command=sh -c 'printf "plain, and longer than a mark\\n"; sleep 0.3; printf "a<!--XSUPERVISOR:BEGIN-->the message<!--XSUPERVISOR:END-->b\\n"; sleep 0.3; printf "trouble, also longer than a mark\\n" >&2; sleep 0.3; printf "x<!--XSUPERVISOR:BEGIN-->from stderr<!--XSUPERVISOR:END-->y" >&2; exec sleep 1000'
stdout_logfile=%(here)s/app.log
stderr_logfile=%(here)s/app.err
stdout_events_enabled=true
stdout_capture_maxbytes=1KB
stderr_capture_maxbytes=1KB\n`,
    );
    await waitForKind(daemon, 'logs', 'PROCESS_COMMUNICATION_STDERR');
    const { pid } = await daemon.client.getProcessInfo('app');
    const events = told(daemon, 'logs');
    const communication = events.filter(({ header }) => header.eventname?.includes('COMMUNICATION'));
    expect(communication.map(({ header, payload }) => [header.eventname, payload])).toEqual([
      ['PROCESS_COMMUNICATION_STDOUT', `processname:app groupname:app pid:${pid}\nthe message`],
      ['PROCESS_COMMUNICATION_STDERR', `processname:app groupname:app pid:${pid}\nfrom stderr`],
    ]);
    expect(events[0]).toMatchObject({
      header: { eventname: 'PROCESS_LOG_STDOUT' },
      payload: `processname:app groupname:app pid:${pid} channel:stdout\nplain, and longer than a mark\n`,
    });
    expect(kinds(events)).not.toContain('PROCESS_LOG_STDERR');
    const textOf = (name: string) => readFileSync(join(daemon.folder, name), 'utf8');
    expect(textOf('app.log')).toMatch(/^plain, and longer than a mark\na(b\n)?$/);
    expect(textOf('app.err')).toMatch(/^trouble, also longer than a mark\nxy?$/);
  });

  test.concurrent('an event that is rejected is given again, one that is taken is not', timeout, async () => {
    await using daemon = await startDaemon(target, listener('picky', 'REMOTE_COMMUNICATION', '', 'FAIL no'));
    await waitUntil(
      'the listener',
      async () => (await daemon.client.getProcessInfo('picky')).statename === 'RUNNING',
    );
    for (const text of ['one', 'two'])
      await daemon.client.call('supervisor.sendRemoteCommEvent', ['t', text]);
    await waitUntil('four events', () => told(daemon, 'picky').length === 4);
    const events = told(daemon, 'picky');
    expect(events.map(({ payload }) => payload)).toEqual([
      ...['type:t\none', 'type:t\none', 'type:t\none'],
      'type:t\ntwo',
    ]);
    expect(
      new Set(events.slice(0, 3).map(({ header }) => `${header.serial} ${header.poolserial}`)).size,
    ).toBe(1);
  });

  test.concurrent('an event whose listener died over it is given to the next one', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      listener('mortal', 'REMOTE_COMMUNICATION', 'autorestart=true', 'DIE'),
    );
    for (const text of ['one', 'two'])
      await daemon.client.call('supervisor.sendRemoteCommEvent', ['t', text]);
    await waitUntil('three events', () => told(daemon, 'mortal').length === 3, { timeoutMs: 15_000 });
    expect(told(daemon, 'mortal').map(({ header, payload }) => [header.serial, payload])).toEqual([
      ['0', 'type:t\none'],
      ['0', 'type:t\none'],
      ['1', 'type:t\ntwo'],
    ]);
  });

  test.concurrent(
    'a listener that breaks the protocol gets no more events and runs on',
    timeout,
    async () => {
      await using daemon = await startDaemon(
        target,
        `[eventlistener:rude]
command=sh -c 'echo hello there; exec cat'
events=REMOTE_COMMUNICATION
startsecs=0
stdout_logfile=%(here)s/rude.log\n`,
      );
      await waitUntil('the complaint', () =>
        readFileSync(join(daemon.folder, 'supervisord.log'), 'utf8').includes(
          'rude: has entered the UNKNOWN state and will no longer receive events',
        ),
      );
      await daemon.client.call('supervisor.sendRemoteCommEvent', ['t', 'x']);
      expect((await daemon.client.getProcessInfo('rude')).statename).toBe('RUNNING');
      expect(readFileSync(join(daemon.folder, 'rude.log'), 'utf8')).toBe('hello there\n');
    },
  );

  test.concurrent('events wait for a listener that is down, the oldest make room', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      listener('late', 'REMOTE_COMMUNICATION', 'buffer_size=2\nautostart=false'),
    );
    for (const text of ['one', 'two', 'three'])
      await daemon.client.call('supervisor.sendRemoteCommEvent', ['t', text]);
    await daemon.client.startProcess('late');
    await waitUntil('two events', () => told(daemon, 'late').length === 2);
    expect(told(daemon, 'late').map(({ payload }) => payload)).toEqual(['type:t\ntwo', 'type:t\nthree']);
    expect(readFileSync(join(daemon.folder, 'supervisord.log'), 'utf8')).toMatch(
      /ERRO pool late event buffer overflowed, discarding event 0/,
    );
  });

  test.concurrent('the processes of a pool share its events', timeout, async () => {
    await using daemon = await startDaemon(
      target,
      listener('pool', 'REMOTE_COMMUNICATION', 'numprocs=2\nprocess_name=%(program_name)s_%(process_num)02d'),
    );
    expect((await daemon.client.getAllProcessInfo()).map(({ group, name }) => `${group}:${name}`)).toEqual([
      'pool:pool_00',
      'pool:pool_01',
    ]);
    const texts = Array.from({ length: 8 }, (_, index) => `number ${index}`);
    for (const text of texts) await daemon.client.call('supervisor.sendRemoteCommEvent', ['t', text]);
    await waitUntil('all events', () => told(daemon, 'pool').length === texts.length);
    expect(
      told(daemon, 'pool')
        .map(({ payload }) => payload.slice('type:t\n'.length))
        .sort(),
    ).toEqual(texts);
  });

  test.concurrent('every full five seconds are told', timeout, async () => {
    await using daemon = await startDaemon(target, listener('clock', 'TICK_5'));
    await waitForKind(daemon, 'clock', 'TICK_5');
    const when = Number(told(daemon, 'clock')[0]?.payload.slice('when:'.length));
    expect(when % 5).toBe(0);
    expect(Math.abs(Date.now() / 1000 - when)).toBeLessThan(15);
  });
});

test('after kill -9 of the supervisor listeners are started anew, one copy of each, and are told events', async () => {
  await using folder = await temporaryFolder();
  writeConfig(folder.path, listener('heir', 'REMOTE_COMMUNICATION'));
  const first = await startIn('embedded', folder.path);
  const { pid } = await first.client.getProcessInfo('heir');
  await first.client.call('supervisor.sendRemoteCommEvent', ['t', 'before']);
  await waitUntil('the first event', () => told(first, 'heir').length === 1);
  first.process.kill('SIGKILL');
  await first.ended();
  await using second = await startIn('embedded', folder.path);
  await waitUntil('the new listener', async () => (await second.client.getProcessInfo('heir')).pid > 1);
  await second.client.call('supervisor.sendRemoteCommEvent', ['t', 'after']);
  await waitUntil('the second event', () => told(second, 'heir').length === 2);
  expect(told(second, 'heir').map(({ payload }) => payload)).toEqual(['type:t\nbefore', 'type:t\nafter']);
  expect(processesWith(join(folder.path, 'heir.events'))).toEqual([
    (await second.client.getProcessInfo('heir')).pid,
  ]);
  expect((await second.client.getProcessInfo('heir')).pid).not.toBe(pid);
});

test('what a process of a listener left in its pipe is no answer of the next one', async () => {
  await using folder = await temporaryFolder();
  const noise = "[program:noise]\ncommand=sh -c 'while :; do echo noise; sleep 0.001; done'\n";
  writeConfig(folder.path, `${noise}${listener('heir', 'REMOTE_COMMUNICATION')}`);
  const first = await startIn('embedded', folder.path);
  first.process.kill('SIGKILL');
  await first.ended();
  const fifo = openSync(
    join(folder.path, 'supervisord.state', 'heir:heir', 'stdout'),
    constants.O_RDWR | constants.O_NONBLOCK,
  );
  writeSync(fifo, 'RESULT 2\nOK');
  await using second = await startIn('embedded', folder.path);
  closeSync(fifo);
  await waitUntil('the new listener', async () => (await second.client.getProcessInfo('heir')).pid > 1);
  await second.client.call('supervisor.sendRemoteCommEvent', ['t', 'after']);
  await waitUntil('the event', () => told(second, 'heir').length === 1);
  expect(readFileSync(join(folder.path, 'supervisord.log'), 'utf8')).not.toContain('expected READY');
});
