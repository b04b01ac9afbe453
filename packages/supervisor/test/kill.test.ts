import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { startIn, writeConfig } from './support/daemons.ts';
import { processesWith } from './support/processes.ts';

const uniqueMark = () => `300${Math.floor(Math.random() * 1e9)}`;

test('after kill -9 of the supervisor and a restart there is one copy of each program', {
  timeout: 60_000,
}, async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:plain]\ncommand=sleep ${mark}\nstartsecs=0
[program:family]\ncommand=sh -c 'sleep ${mark} & wait'\nstartsecs=0
[program:stubborn]\ncommand=sh -c 'trap "" TERM; while :; do sleep 0.${mark}; done'\nstartsecs=0\nstopwaitsecs=1\n`,
  );
  for (let round = 0; round < 2; round++) {
    const daemon = await startIn('embedded', folder.path);
    await waitUntil('all programs', () => processesWith(mark).length >= 4);
    const before = processesWith(mark);
    daemon.process.kill('SIGKILL');
    await daemon.ended();
    await using again = await startIn('embedded', folder.path);
    await waitUntil('all programs again', () => processesWith(mark).length >= 4);
    const after = processesWith(mark);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    const infos = await again.client.getAllProcessInfo();
    expect(infos.map((info) => info.statename)).toEqual(['RUNNING', 'RUNNING', 'RUNNING']);
    // sleep; sh and its sleep; sh and now and then its sleep.
    expect(after.length).toBeLessThanOrEqual(5);
    expect(again.output()).toContain('which a supervisor before this one left running');
  }
  expect(processesWith(mark)).toEqual([]);
});

test('killed in the middle of starting many programs, it leaves none of them twice', {
  timeout: 60_000,
}, async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  const programs = Array.from(
    { length: 20 },
    (_, number) =>
      `[program:p${number}]\ncommand=sleep ${mark}${String(number).padStart(2, '0')}\nstartsecs=0\n`,
  );
  writeConfig(folder.path, programs.join(''));
  for (let round = 0; round < 5; round++) {
    const starting = startIn('embedded', folder.path);
    starting.catch(() => undefined);
    await waitUntil('the first ones', () => processesWith(mark).length > round * 4, { everyMs: 1 });
    const pidfile = join(folder.path, 'supervisord.pid');
    process.kill(Number(readFileSync(pidfile, 'utf8')), 'SIGKILL');
    await starting.then(
      (daemon) => daemon.ended(),
      () => undefined,
    );
    await using again = await startIn('embedded', folder.path);
    await waitUntil('all of them', async () =>
      (await again.client.getAllProcessInfo()).every((info) => info.statename === 'RUNNING'),
    );
    expect(processesWith(mark)).toHaveLength(20);
  }
});

test('what outlived its own leader and the supervisor is found by its output', async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:left]\ncommand=sh -c 'setsid sleep ${mark} & sleep 0.2'\nstartsecs=0\nautorestart=false\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  await waitUntil(
    'the leader to end',
    async () => (await daemon.client.getProcessInfo('left')).statename === 'EXITED',
  );
  const [orphan] = processesWith(mark);
  daemon.process.kill('SIGKILL');
  await daemon.ended();
  await using again = await startIn('embedded', folder.path);
  expect(processesWith(mark)).not.toContain(orphan);
  expect(again.output()).toContain('left running');
});

test('a recorded pid that now belongs to another process is left alone', async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  writeConfig(folder.path, `[program:app]\ncommand=sleep ${mark}\nstartsecs=0\n`);
  const daemon = await startIn('embedded', folder.path);
  const record = join(folder.path, 'supervisord.state', 'app:app', 'child.json');
  await waitUntil('the record', () => existsSync(record));
  expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({
    format: 1,
    name: 'app',
    pid: (await daemon.client.getProcessInfo('app')).pid,
  });
  await daemon[Symbol.asyncDispose]();
  expect(existsSync(record)).toBe(false);
  const stranger = spawn('sleep', ['1000'], { detached: true });
  mkdirSync(join(record, '..'), { recursive: true });
  writeFileSync(
    record,
    JSON.stringify({
      format: 1,
      name: 'app',
      group: 'app',
      pid: stranger.pid,
      startTime: '1',
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      stopSignal: 'SIGTERM',
      stopWaitSeconds: 1,
    }),
  );
  await using again = await startIn('embedded', folder.path);
  expect((await again.client.getState()).statename).toBe('RUNNING');
  expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
  stranger.kill('SIGKILL');
});
