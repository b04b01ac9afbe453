import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { type RunningDaemon, startDaemon } from './support/daemons.ts';

const timeout = { timeout: 60_000 };

async function stateOf(daemon: RunningDaemon, name: string): Promise<string> {
  return (await daemon.client.getProcessInfo(name)).statename;
}

async function inState(daemon: RunningDaemon, name: string, state: string): Promise<void> {
  await waitUntil(`${name} to be ${state}`, async () => (await stateOf(daemon, name)) === state);
}

const program = (name: string, options: string) => `[program:${name}]\ncommand=sleep 1000\n${options}\n`;

test(
  'a program is started when what it depends on is RUNNING, whatever the priorities say',
  timeout,
  async () => {
    await using daemon = await startDaemon(
      'embedded',
      `${program('app', 'priority=1\nstartsecs=0\ndepends_on=queue')}${program('queue', 'priority=2\nstartsecs=0\ndepends_on=db')}${program('db', 'priority=3\nstartsecs=1')}`,
    );
    expect(await stateOf(daemon, 'app')).toBe('STOPPED');
    expect((await daemon.client.getProcessInfo('app')).description).toBe('Waiting for queue (STOPPED)');
    await inState(daemon, 'app', 'RUNNING');
    const { start: db } = await daemon.client.getProcessInfo('db');
    const { start: app } = await daemon.client.getProcessInfo('app');
    expect(app - db).toBeGreaterThanOrEqual(1);
    const log = daemon.output();
    expect(log.indexOf('success: db entered')).toBeLessThan(log.indexOf("spawned: 'queue'"));
    expect(log.indexOf("spawned: 'queue'")).toBeLessThan(log.indexOf("spawned: 'app'"));
  },
);

test('one that depends on a program with a health check waits until that is healthy', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `${program('db', 'startsecs=0\nhealthcheck_command=test -e %(here)s/well\nhealthcheck_interval=0.3\nhealthcheck_retries=1000')}${program('app', 'startsecs=0\ndepends_on=db')}`,
  );
  await inState(daemon, 'db', 'RUNNING');
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect((await daemon.client.getProcessInfo('app')).description).toBe('Waiting for db (RUNNING, starting)');
  writeFileSync(join(daemon.folder, 'well'), '');
  await inState(daemon, 'app', 'RUNNING');
  rmSync(join(daemon.folder, 'well'));
});

test(
  'a start that somebody asks for waits too, is refused when nobody starts the other, and can be given up',
  timeout,
  async () => {
    await using daemon = await startDaemon(
      'embedded',
      `${program('db', 'startsecs=1\nautostart=false')}${program('app', 'startsecs=0\ndepends_on=db\nautostart=false')}`,
    );
    await expect(daemon.client.startProcess('app')).rejects.toThrow(
      'app depends on db (STOPPED); start that first',
    );
    await daemon.client.startProcess('db', false);
    await daemon.client.startProcess('app');
    expect([await stateOf(daemon, 'db'), await stateOf(daemon, 'app')]).toEqual(['RUNNING', 'RUNNING']);
    await daemon.client.stopProcess('app');
    await daemon.client.stopProcess('db');
    await daemon.client.startProcess('db', false);
    await daemon.client.startProcess('app', false);
    await daemon.client.stopProcess('app');
    await inState(daemon, 'db', 'RUNNING');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await stateOf(daemon, 'app')).toBe('STOPPED');
  },
);

test('starting all starts them in their order, and stopping all stops also what waits', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `${program('a', 'startsecs=0\ndepends_on=b\nautostart=false')}${program('b', 'startsecs=1\nautostart=false')}`,
  );
  await daemon.client.call('supervisor.startAllProcesses');
  expect([await stateOf(daemon, 'a'), await stateOf(daemon, 'b')]).toEqual(['RUNNING', 'RUNNING']);
  await daemon.client.call('supervisor.stopAllProcesses');
  await daemon.client.call('supervisor.startAllProcesses', [false]);
  await daemon.client.call('supervisor.stopAllProcesses');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([await stateOf(daemon, 'a'), await stateOf(daemon, 'b')]).toEqual(['STOPPED', 'STOPPED']);
});

test(
  'what depends on a program that is not configured waits for it, and a circle is refused',
  timeout,
  async () => {
    await using daemon = await startDaemon('embedded', program('app', 'startsecs=0\ndepends_on=db'), {
      'b.conf': program('other', ''),
    });
    expect((await daemon.client.getProcessInfo('app')).description).toBe('Waiting for db (not configured)');
    writeFileSync(join(daemon.folder, 'conf.d', 'b.conf'), program('db', 'startsecs=0\ndepends_on=app'));
    await expect(daemon.client.reloadConfig()).rejects.toThrow(
      'depends_on goes round in a circle: app -> db -> app',
    );
    writeFileSync(join(daemon.folder, 'conf.d', 'b.conf'), program('db', 'startsecs=0'));
    await daemon.client.reloadConfig();
    await daemon.client.addProcessGroup('db');
    await inState(daemon, 'app', 'RUNNING');
  },
);

test('a crash storm is paced, and its status tells when the next start is', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:storm]\ncommand=sh -c 'exit 3'\nstartretries=0\nrestart_initial=30\nrestart_jitter=0\n`,
  );
  await inState(daemon, 'storm', 'BACKOFF');
  expect((await daemon.client.getProcessInfo('storm')).description).toMatch(
    /^Exited too quickly \(process log may have details\); failed 1 times, next start in (29|30) s$/,
  );
  expect(await daemon.client.call('gwe.getHealth', ['storm'])).toMatchObject({ failures: 1 });
  expect(daemon.output()).toContain('paced: storm failed 1 times, next start in 30 seconds (restart policy)');
});
