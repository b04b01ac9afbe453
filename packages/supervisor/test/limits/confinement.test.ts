import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { readOwnCgroups } from '../../src/limits/cgroup-mounts.ts';
import { type RunningDaemon, startDaemon, startIn, writeConfig } from '../support/daemons.ts';
import { processesWith } from '../support/processes.ts';
import { startUnprivileged } from '../support/unprivileged.ts';

const timeout = { timeout: 60_000 };
const uniqueMark = () => `403${Math.floor(Math.random() * 1e8)}`;

interface LimitsReport {
  readonly cgroup: string;
  readonly limits: { option: string; value: string; mechanism: string; note: string }[];
}

async function limitsOf(daemon: RunningDaemon, name: string): Promise<LimitsReport> {
  return (await daemon.client.call('gwe.getLimits', [name])) as LimitsReport;
}

async function inState(daemon: RunningDaemon, name: string, state: string): Promise<void> {
  await waitUntil(`${name} to be ${state}`, async () => {
    return (await daemon.client.getProcessInfo(name)).statename === state;
  });
}

/** Ends every sleep of a script with the mark, so that each can be told apart. */
const family = (mark: string) =>
  `sh -c 'setsid sleep ${mark}1 & setsid sh -c "trap : TERM; sleep ${mark}2 & while :; do sleep ${mark}3; done" & exec sleep ${mark}4'`;

test(
  'a stop ends all descendants, also those in a session of their own and those that ignore signals',
  timeout,
  async () => {
    const mark = uniqueMark();
    await using daemon = await startDaemon(
      'embedded',
      `[program:family]\ncommand=${family(mark)}\nstopwaitsecs=1\nstartsecs=0\n`,
    );
    await waitUntil('the family', () => processesWith(mark).length >= 5);
    const { cgroup } = await limitsOf(daemon, 'family');
    const members = readFileSync(`${cgroup}/cgroup.procs`, 'utf8').trim().split('\n').map(Number);
    expect(members.sort()).toEqual(processesWith(mark).sort());
    await daemon.client.stopProcess('family');
    expect(processesWith(mark)).toEqual([]);
    expect(existsSync(cgroup)).toBe(false);
  },
);

test(
  'what a crashed program left is ended before it starts again, and the log names it',
  timeout,
  async () => {
    const mark = uniqueMark();
    await using daemon = await startDaemon(
      'embedded',
      `[program:app]\ncommand=sh -c 'setsid sleep ${mark} & exec sleep 1.2'\nstartsecs=1\nautorestart=true\n`,
    );
    // The shell that starts it has the mark in its arguments, too.
    const descendants = () => processesWith(`sleep\0${mark}`);
    await waitUntil('the first descendant', () => descendants().length === 1);
    const [first = 0] = descendants();
    await waitUntil('the next start', () => descendants().length > 0 && !descendants().includes(first));
    // An exec hides the arguments for a moment.
    await waitUntil('one of them', () => descendants().length === 1);
    expect(daemon.output()).toContain(
      `killing processes of 'app', which starts anew, that outlived it: pid ${first}`,
    );
  },
);

test('the end of the supervisor leaves nothing of a program that had ended by itself', timeout, async () => {
  const mark = uniqueMark();
  {
    await using daemon = await startDaemon(
      'embedded',
      `[program:app]\ncommand=sh -c 'setsid sleep ${mark} & sleep 0.2'\nstartsecs=0\nautorestart=false\n`,
    );
    await inState(daemon, 'app', 'EXITED');
    expect(processesWith(mark)).toHaveLength(1);
    expect(daemon.output()).toContain('processes that it started go on (pid ');
  }
  expect(processesWith(mark)).toEqual([]);
});

test('an adopted program keeps its cgroup, so that its stop leaves nothing behind', timeout, async () => {
  const mark = uniqueMark();
  await using folder = await temporaryFolder();
  writeConfig(
    folder.path,
    `[program:family]\ncommand=${family(mark)}\nstopwaitsecs=1\nstartsecs=0\nmemory_max=200MB\n`,
  );
  const daemon = await startIn('embedded', folder.path);
  await waitUntil('the family', () => processesWith(mark).length >= 5);
  const before = await limitsOf(daemon, 'family');
  daemon.process.kill('SIGKILL');
  await daemon.ended();
  await using again = await startIn('embedded', folder.path);
  await inState(again, 'family', 'RUNNING');
  expect(await limitsOf(again, 'family')).toEqual(before);
  await again.client.stopProcess('family');
  expect(processesWith(mark)).toEqual([]);
});

test(
  'a supervisor that one of its programs started goes on when that program is stopped',
  timeout,
  async () => {
    await using folder = await temporaryFolder();
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const next = `setsid ${process.execPath} ${main} -n -c supervisord.conf`;
    writeConfig(
      folder.path,
      `[program:upgrade]\ncommand=sh -c 'while [ ! -e go ]; do sleep 0.1; done; ${next} > next.log 2>&1 & exec sleep 1000'\ndirectory=%(here)s\nstartsecs=0\npids_max=100\n`,
    );
    const daemon = await startIn('embedded', folder.path);
    const first = await daemon.client.call('supervisor.getPID');
    await inState(daemon, 'upgrade', 'RUNNING');
    daemon.process.kill('SIGUSR1');
    await daemon.ended();
    writeFileSync(join(folder.path, 'go'), '');
    await waitUntil(
      'the next supervisor',
      async () => (await daemon.client.call('supervisor.getPID')) !== first,
    );
    const pid = await daemon.client.call('supervisor.getPID');
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).not.toContain('upgrade');
    await daemon.client.stopProcess('upgrade');
    expect((await daemon.client.getState()).statename).toBe('RUNNING');
    await daemon.client.shutdown();
    await waitUntil('its end', () => !existsSync(join(folder.path, 'supervisord.pid')));
  },
);

test('a supervisor that is not root uses the cgroup that was delegated to it', timeout, async () => {
  const mark = uniqueMark();
  const delegated = join(readOwnCgroups().unified ?? '', `gwe-delegated-${mark}`);
  await using daemon = await startUnprivileged(
    `[program:family]\ncommand=sh -c 'setsid sleep ${mark}1 & exec sleep ${mark}2'\nstartsecs=0\n`,
    delegated,
  );
  await waitUntil('the family', () => processesWith(mark).length === 2);
  expect((await limitsOf(daemon, 'family')).cgroup).toMatch(
    new RegExp(`^${delegated}/gwe-\\w+/family:family$`),
  );
  await daemon.client.stopProcess('family');
  expect(processesWith(mark)).toEqual([]);
});

test(
  'where no cgroup can be made, a stop ends the process group, and the log tells what is left',
  timeout,
  async () => {
    const mark = uniqueMark();
    await using daemon = await startUnprivileged(
      `[program:family]\ncommand=sh -c 'setsid sleep ${mark}1 & sleep ${mark}2 & exec sleep ${mark}3'\nstartsecs=0\n`,
    );
    expect(daemon.output()).toContain('programs have no cgroup of their own');
    // Not the shell's copies of itself, nor setsid before it has done what it is for.
    await waitUntil('the family', () => {
      const names = processesWith(mark).map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8'));
      return names.length === 3 && names.every((name) => name === 'sleep\n');
    });
    expect((await limitsOf(daemon, 'family')).cgroup).toBe('');
    await daemon.client.stopProcess('family');
    const left = processesWith(mark);
    expect(left).toHaveLength(1);
    expect(daemon.output()).toContain(
      `'family' was stopped, but processes that left its process group still run: pid ${left[0]}`,
    );
    for (const pid of left) process.kill(pid, 'SIGKILL');
  },
);

const hog = `python3 -c "import time; a=[bytearray(4000000) for i in range(50)]; time.sleep(1000)"`;

test('a program that needs more than memory_max is killed, and a clear line says why', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:hog]\ncommand=${hog}\nmemory_max=40MB\nstartsecs=0\nautorestart=false\n`,
  );
  await inState(daemon, 'hog', 'EXITED');
  expect(daemon.output()).toMatch(/hog: memory_max=41943040 is enforced by cgroup v\d/);
  expect(daemon.output()).toContain(
    'killed by a limit: hog needed more than memory_max=41943040 bytes, and the kernel killed 1 of its processes',
  );
});

test('a program within its memory_max is left alone, and a descendant counts as well', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:fine]\ncommand=${hog}\nmemory_max=400MB\nstartsecs=0
[program:parent]\ncommand=sh -c '${hog} || sleep 1000'\nmemory_max=40MB\nstartsecs=0\n`,
  );
  await waitUntil('the descendant to be killed', () => daemon.output().includes('killed by a limit: parent'));
  expect(daemon.output()).not.toContain('killed by a limit: fine');
  expect((await daemon.client.getProcessInfo('fine')).statename).toBe('RUNNING');
  expect((await daemon.client.getProcessInfo('parent')).statename).toBe('RUNNING');
});

test('pids_max holds back more processes, which the log tells', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:forks]\ncommand=sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; wait'\npids_max=5\nstartsecs=0\nautorestart=false\n`,
  );
  await waitUntil('the line', () => /forks reached pids_max=5: [1-9]\d* times/.test(daemon.output()));
});

test('cpu_max holds a busy program down', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:busy]\ncommand=sh -c 'while :; do :; done'\ncpu_max=20%%\nstartsecs=0\n`,
  );
  const { pid } = await daemon.client.getProcessInfo('busy');
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  // 100 ticks are one second of one CPU: 60 are allowed, twice that would be far from the limit.
  expect(ticks() - before).toBeLessThan(120);
  expect(await limitsOf(daemon, 'busy')).toMatchObject({ limits: [{ option: 'cpu_max', value: '0.2' }] });
});

test('nofile and the cgroup are in force also for a program of another user', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:other]\ncommand=sh -c 'ulimit -n; cat /proc/self/cgroup; exec sleep 1000'\nuser=nobody\nnofile=64\npids_max=50\nstartsecs=0\nstdout_logfile=%(here)s/out.log\n`,
  );
  const log = () => readFileSync(`${daemon.folder}/out.log`, 'utf8');
  await waitUntil('the output', () => log().includes('0::'));
  expect(log().split('\n')[0]).toBe('64');
  expect(log()).toMatch(/^0::.*\/other:other$/m);
  expect(log()).toMatch(/pids.*:.*\/other:other$/m);
});

test(
  'limits that cannot be enforced are refused with a sentence, and the others fall back to rlimits',
  timeout,
  async () => {
    await using daemon = await startUnprivileged(
      `[program:cpu]\ncommand=sleep 1000\ncpu_max=1\nstartretries=0
[program:files]\ncommand=sleep 1000\nnofile=99999999\nstartretries=0
[program:memory]\ncommand=${hog}\nmemory_max=100MB\npids_max=90000\nstartsecs=0\nautorestart=false\n`,
    );
    await inState(daemon, 'cpu', 'FATAL');
    expect((await daemon.client.getProcessInfo('cpu')).spawnerr).toMatch(
      /^cannot enforce cpu_max=1: .*no other mechanism can/,
    );
    expect((await daemon.client.getProcessInfo('files')).spawnerr).toMatch(
      /^cannot enforce nofile=99999999: at most \d+ open files can be allowed/,
    );
    const { limits } = await limitsOf(daemon, 'memory');
    expect(limits.map(({ option, mechanism }) => [option, mechanism])).toEqual([
      ['memory_max', 'rlimit'],
      ['pids_max', 'rlimit'],
    ]);
    // MemoryError: an rlimit makes the allocation fail, nobody is killed.
    await inState(daemon, 'memory', 'EXITED');
    expect((await daemon.client.getProcessInfo('memory')).exitstatus).toBe(1);
  },
);

test('the memory of a program is that of all its descendants', timeout, async () => {
  await using daemon = await startDaemon(
    'embedded',
    `[program:big]\ncommand=sh -c 'setsid ${hog} & exec sleep 1000'\nstartsecs=0\n`,
  );
  await waitUntil('all of it', async () => {
    const memory = (await daemon.client.call('gwe.getMemory', ['big'])) as { kilobytes: number };
    return memory.kilobytes > 190_000;
  });
  expect(await daemon.client.call('gwe.getAllMemory')).toEqual([
    { name: 'big', group: 'big', kilobytes: expect.any(Number), measure: 'pss', processes: 2 },
  ]);
});

test('the memory of a program is known without a cgroup too', timeout, async () => {
  const mark = uniqueMark();
  await using daemon = await startUnprivileged(
    `[program:app]\ncommand=sh -c 'sleep ${mark} & exec sleep ${mark}'\nstartsecs=0\n`,
  );
  await waitUntil('both', () => processesWith(mark).length === 2);
  const memory = await daemon.client.call('gwe.getMemory', ['app']);
  expect(memory).toMatchObject({ name: 'app', measure: 'pss', processes: 2 });
});
