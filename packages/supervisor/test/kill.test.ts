import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStartTime } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, test } from 'vitest';
import { type RunningDaemon, startIn, writeConfig } from './support/daemons.ts';
import { processesWith } from './support/processes.ts';

const uniqueMark = () => `300${Math.floor(Math.random() * 1e9)}`;

async function kill(daemon: RunningDaemon): Promise<void> {
  daemon.process.kill('SIGKILL');
  await daemon.ended();
}

const reaches = (daemon: RunningDaemon, name: string, state: string) =>
  waitUntil(
    `${name} to be ${state}`,
    async () => {
      const info = await daemon.client.getProcessInfo(name);
      return info.statename === state && info;
    },
    { timeoutMs: 15_000 },
  );

const adopted = (daemon: RunningDaemon) =>
  [...daemon.output().matchAll(/adopted: '(\w+)'/g)].map((match) => match[1]).sort();

test('after kill -9 and a restart each program has the pid, the state and the uptime it had', {
  timeout: 60_000,
}, async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:plain]\ncommand=sleep ${mark}\nstartsecs=0
[program:family]\ncommand=sh -c 'sleep ${mark} & wait'\nstartsecs=0
[program:byhand]\ncommand=sleep ${mark}\nautostart=false\nstartsecs=0
[program:down]\ncommand=sleep ${mark}\nstartsecs=0
[program:hopeless]\ncommand=/no/such/file\nstartretries=0
[program:once]\ncommand=sh -c 'exit 3'\nstartsecs=0\nautorestart=false\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  await daemon.client.startProcess('byhand');
  await reaches(daemon, 'down', 'RUNNING');
  await daemon.client.stopProcess('down');
  for (const [name, state] of [
    ['family', 'RUNNING'],
    ['plain', 'RUNNING'],
    ['hopeless', 'FATAL'],
    ['once', 'EXITED'],
  ] as const)
    await reaches(daemon, name, state);
  await waitUntil('the family', () => processesWith(mark).length === 4);
  const before = await daemon.client.getAllProcessInfo();
  const processes = processesWith(mark);
  await kill(daemon);
  expect(processesWith(mark)).toEqual(processes);

  await using again = await startIn('embedded', folder.path);
  const after = await again.client.getAllProcessInfo();
  const lasting = before.map(({ now: _, description: __, ...info }) => info);
  expect(after).toMatchObject(lasting);
  expect(adopted(again)).toEqual(['byhand', 'family', 'plain']);
  expect(processesWith(mark)).toEqual(processes);
  const started = before.find((info) => info.name === 'plain')?.start ?? 0;
  const uptime = /uptime 0:00:(\d\d)/.exec(
    after.find((info) => info.name === 'plain')?.description ?? '',
  )?.[1];
  expect(Math.abs(Number(uptime) - (Date.now() / 1000 - started))).toBeLessThan(3);

  // They are not only shown: they can be stopped and started, with all that belongs to them.
  await again.client.stopProcess('family');
  await again.client.stopProcess('byhand');
  expect(processesWith(mark)).toHaveLength(1);
  await again.client.startProcess('family');
  await again[Symbol.asyncDispose]();
  expect(processesWith(mark)).toEqual([]);
  // An end that has stopped everything is followed by a start like the first one.
  await using fresh = await startIn('embedded', folder.path);
  expect((await reaches(fresh, 'down', 'RUNNING')).pid).toBeGreaterThan(1);
  expect(adopted(fresh)).toEqual([]);
});

test('the end of an adopted program is noticed, with its exit status where the kernel tells it', async () => {
  await using folder = await temporaryFolder();
  const loop = (status: number) =>
    `command=sh -c 'while [ ! -e %(here)s/end ]; do sleep 0.05; done; exit ${status}'\nstartsecs=0`;
  writeConfig(
    folder.path,
    `[program:expected]\n${loop(2)}\nexitcodes=2\nautorestart=unexpected
[program:unexpected]\n${loop(7)}\nautorestart=false
[program:killed]\ncommand=sleep 1000\nstartsecs=0\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  await reaches(daemon, 'unexpected', 'RUNNING');
  const { pid } = await reaches(daemon, 'killed', 'RUNNING');
  await kill(daemon);
  await using again = await startIn('embedded', folder.path);
  process.kill(pid, 'SIGSEGV');
  await waitUntil('the new start', () => again.output().includes("spawned: 'killed'"));
  writeFileSync(join(folder.path, 'end'), '');
  const ended = await reaches(again, 'unexpected', 'EXITED');
  if (ended.exitstatus === -1) {
    // Linux before 6.15.
    expect(ended.spawnerr).toBe('Ended while no supervisor watched it');
    expect(again.output()).toContain('exited: unexpected (exit status unknown; not expected)');
  } else {
    expect([ended.exitstatus, ended.spawnerr]).toEqual([7, 'Bad exit code 7']);
    expect(again.output()).toContain('exited: killed (terminated by SIGSEGV; not expected)');
    expect((await reaches(again, 'expected', 'EXITED')).exitstatus).toBe(2);
  }
});

test('what ended while no supervisor was there is told as such, and started again unless autorestart=false', async () => {
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    '[program:wanted]\ncommand=sleep 1000\nstartsecs=0\n[program:single]\ncommand=sleep 1000\nstartsecs=0\nautorestart=false\n',
  );
  const daemon = await startIn('embedded', folder.path);
  const wanted = await reaches(daemon, 'wanted', 'RUNNING');
  const single = await reaches(daemon, 'single', 'RUNNING');
  await kill(daemon);
  process.kill(wanted.pid, 'SIGTERM');
  process.kill(single.pid, 'SIGTERM');
  await waitUntil('their end', () => [wanted.pid, single.pid].every((pid) => !processStartTime(pid)));
  await using again = await startIn('embedded', folder.path);
  await waitUntil('the new start', async () => {
    const info = await again.client.getProcessInfo('wanted');
    return info.statename === 'RUNNING' && info.pid !== wanted.pid;
  });
  expect(await reaches(again, 'single', 'EXITED')).toMatchObject({ pid: 0, exitstatus: -1 });
  expect(again.output()).toMatch(
    /exited: wanted \((exit status unknown|terminated by SIGTERM); not expected\)/,
  );
});

test('what a program writes while no supervisor is there is logged, its AUTO log is kept, its input goes on', async () => {
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:writer]\ncommand=sh -c 'echo first; while [ ! -e %(here)s/go ]; do sleep 0.02; done; echo second; echo third >&2; touch %(here)s/done; exec cat'\nstartsecs=0\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  const { stdout_logfile, stderr_logfile } = await reaches(daemon, 'writer', 'RUNNING');
  await waitUntil('the first line', () => readFileSync(stdout_logfile, 'utf8') === 'first\n');
  await kill(daemon);
  writeFileSync(join(folder.path, 'go'), '');
  await waitUntil('the writing', () => existsSync(join(folder.path, 'done')));
  await using again = await startIn('embedded', folder.path);
  await waitUntil('the second line', () => readFileSync(stdout_logfile, 'utf8') === 'first\nsecond\n');
  expect(await reaches(again, 'writer', 'RUNNING')).toMatchObject({ stdout_logfile, stderr_logfile });
  expect(readFileSync(stderr_logfile, 'utf8')).toBe('third\n');
  await again.client.call('supervisor.sendProcessStdin', ['writer', 'to the next one\n']);
  await waitUntil('the answer', () => readFileSync(stdout_logfile, 'utf8').endsWith('to the next one\n'));
});

test('a program that is adopted runs on when its log is on a full disk', async () => {
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    // Much more than a pipe holds: it would stand still if nobody read.
    "[program:chatty]\ncommand=sh -c 'echo; while [ ! -e %(here)s/go ]; do sleep 0.02; done; head -c 10000000 /dev/zero; touch %(here)s/done; exec sleep 1000'\nstartsecs=0\nstdout_logfile=/dev/full\n",
  );
  const daemon = await startIn('embedded', folder.path);
  const { pid } = await reaches(daemon, 'chatty', 'RUNNING');
  await kill(daemon);
  await using again = await startIn('embedded', folder.path);
  writeFileSync(join(folder.path, 'go'), '');
  await waitUntil('the program to get through', () => existsSync(join(folder.path, 'done')));
  expect((await reaches(again, 'chatty', 'RUNNING')).pid).toBe(pid);
});

test('programs on their way up, down or to their next try go on with that', { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:starting]\ncommand=sleep 1000\nstartsecs=8
[program:stopping]\ncommand=sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done'\nstartsecs=0\nstopwaitsecs=6\nstdout_logfile=%(here)s/stopping.log
[program:failing]\ncommand=sh -c 'echo >> %(here)s/tries; exit 1'\nstartretries=2\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  const starting = await reaches(daemon, 'starting', 'STARTING');
  await waitUntil('its trap', () => readFileSync(join(folder.path, 'stopping.log'), 'utf8') === 'up\n');
  const stopping = await reaches(daemon, 'stopping', 'RUNNING');
  await daemon.client.stopProcess('stopping', false);
  await reaches(daemon, 'failing', 'BACKOFF');
  await kill(daemon);
  await using again = await startIn('embedded', folder.path);
  expect(await again.client.getProcessInfo('starting')).toMatchObject({
    statename: 'STARTING',
    pid: starting.pid,
  });
  expect(await again.client.getProcessInfo('stopping')).toMatchObject({
    statename: 'STOPPING',
    pid: stopping.pid,
  });
  expect((await reaches(again, 'starting', 'RUNNING')).pid).toBe(starting.pid);
  await reaches(again, 'stopping', 'STOPPED');
  expect(processStartTime(stopping.pid)).toBe(undefined);
  await reaches(again, 'failing', 'FATAL');
  // The first one and two more, whoever made them.
  expect(readFileSync(join(folder.path, 'tries'), 'utf8')).toHaveLength(3);
});

test('programs whose configuration changed or went meanwhile run on until an update', async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  const sleeper = (name: string, seconds: string) =>
    `[program:${name}]\ncommand=sleep ${seconds}\nstartsecs=0\n`;
  writeConfig(folder.path, sleeper('same', mark) + sleeper('changed', mark) + sleeper('removed', mark));
  const daemon = await startIn('embedded', folder.path);
  await waitUntil('all of them', () => processesWith(mark).length === 3);
  const processes = processesWith(mark);
  await kill(daemon);
  writeConfig(folder.path, sleeper('same', mark) + sleeper('changed', `${mark}1`) + sleeper('added', mark));
  await using again = await startIn('embedded', folder.path);
  await reaches(again, 'added', 'RUNNING');
  expect(adopted(again)).toEqual(['changed', 'removed', 'same']);
  expect(processesWith(mark)).toEqual(expect.arrayContaining(processes));
  expect(await again.client.reloadConfig()).toEqual({
    added: [],
    changed: ['changed'],
    removed: ['removed'],
  });
  for (const name of ['changed', 'removed']) {
    await again.client.stopProcessGroup(name);
    await again.client.removeProcessGroup(name);
  }
  await again.client.addProcessGroup('changed');
  await reaches(again, 'changed', 'RUNNING');
  expect(processesWith(`${mark}1`)).toHaveLength(1);
  expect(processesWith(mark)).toHaveLength(3);
  expect(await again.client.reloadConfig()).toEqual({ added: [], changed: [], removed: [] });
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
    await waitUntil('the first ones', () => processesWith(mark).length > round * 4, {
      everyMs: 1,
      timeoutMs: 30_000,
    });
    const first = processesWith(mark);
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
    expect(processesWith(mark)).toEqual(expect.arrayContaining(first));
  }
});

test('killed while it stops everything, it begins anew when that is done', { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:quick]\ncommand=sleep 1000\nstartsecs=0\npriority=2
[program:slow]\ncommand=sh -c 'trap "sleep 2; exit" TERM; echo up; while :; do sleep 0.05; done'\nstartsecs=0\npriority=1\nstdout_logfile=%(here)s/slow.log\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  await waitUntil('its trap', () => readFileSync(join(folder.path, 'slow.log'), 'utf8') === 'up\n');
  const slow = await reaches(daemon, 'slow', 'RUNNING');
  daemon.process.kill('SIGTERM');
  await waitUntil('the first end', () => daemon.output().includes('stopped: quick'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await kill(daemon);
  await using again = await startIn('embedded', folder.path);
  await reaches(again, 'quick', 'RUNNING');
  await waitUntil('a new copy', async () => {
    const info = await again.client.getProcessInfo('slow');
    return info.statename === 'RUNNING' && info.pid !== slow.pid;
  });
});

test('what outlived its own leader is logged on, and ended with its program', async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:left]\ncommand=sh -c 'setsid sh -c "while :; do echo still; sleep 0.0${mark}; done" & sleep 0.2'\nstartsecs=0\nautorestart=false\nstdout_logfile=%(here)s/left.log\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  await reaches(daemon, 'left', 'EXITED');
  const [orphan] = processesWith(mark);
  expect(orphan).toBeGreaterThan(1);
  await kill(daemon);
  const again = await startIn('embedded', folder.path);
  expect((await again.client.getProcessInfo('left')).statename).toBe('EXITED');
  expect(processesWith(mark)).toContain(orphan);
  const length = readFileSync(join(folder.path, 'left.log')).length;
  await waitUntil('more', () => readFileSync(join(folder.path, 'left.log')).length > length);
  await kill(again);
  writeConfig(folder.path, '');
  await using last = await startIn('embedded', folder.path);
  expect(processesWith(mark)).toEqual([]);
  expect(last.output()).toContain('left running');
});

test.each([
  ['by SIGUSR1', (daemon: RunningDaemon) => daemon.process.kill('SIGUSR1')],
  ['by gwe.detach', (daemon: RunningDaemon) => daemon.client.call('gwe.detach')],
])('it can end and leave its programs to the next one: %s', { timeout: 60_000 }, async (_, detach) => {
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    "[program:app]\ncommand=sh -c 'n=0; while :; do n=$((n+1)); echo $n; sleep 0.005; done'\nstartsecs=0\nstdout_logfile=%(here)s/app.log\n",
  );
  const daemon = await startIn('embedded', folder.path);
  const { pid } = await reaches(daemon, 'app', 'RUNNING');
  await detach(daemon);
  expect(await daemon.ended()).toEqual({ code: 0, signal: null });
  expect(processStartTime(pid)).toBeDefined();
  expect(readdirSync(folder.path)).not.toContain('s.sock');
  // One that has adopted it can leave it to the next as well.
  const second = await startIn('embedded', folder.path);
  await reaches(second, 'app', 'RUNNING');
  await detach(second);
  expect(await second.ended()).toEqual({ code: 0, signal: null });
  await using again = await startIn('embedded', folder.path);
  expect((await reaches(again, 'app', 'RUNNING')).pid).toBe(pid);
  await again.client.stopProcess('app');
  const lines = readFileSync(join(folder.path, 'app.log'), 'utf8').trim().split('\n');
  expect(lines).toEqual(lines.map((__, index) => String(index + 1)));
});

describe('a record that is not about a process of now', () => {
  async function withForgedRecord(
    change: (record: { content: { identity: { pid: number; startTime: string } }; boot: string }) => void,
    look: (daemon: RunningDaemon) => Promise<void>,
  ) {
    await using folder = await temporaryFolder();
    writeConfig(folder.path, '[program:app]\ncommand=sleep 1000\nstartsecs=0\n');
    const daemon = await startIn('embedded', folder.path);
    const { pid } = await reaches(daemon, 'app', 'RUNNING');
    const file = join(folder.path, 'supervisord.state', 'app:app', 'program.json');
    const record = JSON.parse(readFileSync(file, 'utf8'));
    expect(record.content.identity.pid).toBe(pid);
    await daemon[Symbol.asyncDispose]();
    expect(existsSync(file)).toBe(false);
    change(record);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, JSON.stringify(record));
    // An active group of before, as after a kill.
    const groups = { ...record, content: [{ name: 'app', priority: 999, processes: [] }] };
    writeFileSync(join(folder.path, 'supervisord.state', 'groups.json'), JSON.stringify(groups));
    await using again = await startIn('embedded', folder.path);
    await look(again);
  }

  test('a pid that belongs to another process by now is left alone', async () => {
    const stranger = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    try {
      await withForgedRecord(
        (record) => {
          record.content.identity = { pid: stranger.pid ?? 0, startTime: '1' };
        },
        async (daemon) => {
          const { pid } = await reaches(daemon, 'app', 'RUNNING');
          expect(pid).not.toBe(stranger.pid);
          expect(adopted(daemon)).toEqual([]);
          await daemon.client.stopProcess('app');
          expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
        },
      );
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  test('one from before the machine was started says nothing', async () => {
    const stranger = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    try {
      await withForgedRecord(
        (record) => {
          const startTime = processStartTime(stranger.pid ?? 0) ?? '';
          record.content.identity = { pid: stranger.pid ?? 0, startTime };
          record.boot = '00000000-0000-0000-0000-000000000000';
        },
        async (daemon) => {
          const { pid } = await reaches(daemon, 'app', 'RUNNING');
          expect(pid).not.toBe(stranger.pid);
          expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
        },
      );
    } finally {
      stranger.kill('SIGKILL');
    }
  });
});
