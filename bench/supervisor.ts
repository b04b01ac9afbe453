import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { compileCommand } from './src/executables.ts';
import { respawnTimesOfPm2 } from './src/pm2.ts';
import { cpuOf, pssOf, wallSeconds } from './src/processes.ts';
import { compare, print, type Result } from './src/result.ts';
import { type Side, startSupervisor } from './src/supervisors.ts';

const bench = 'supervisor';
const sides: readonly Side[] = ['ours', 'supervisord'];
const debian = "Debian's supervisord 4.2.5";

interface Figures {
  readonly ours: number[];
  readonly supervisord: number[];
}

const figures = (): Figures => ({ ours: [], supervisord: [] });

/**
 * The embedded supervisor, compiled as gateways get it, against Debian's supervisord in the same run: time to respawn,
 * memory, log capture, answers meanwhile, many programs, idle processor time.
 */
export async function run(args: readonly string[]): Promise<void> {
  const rounds = Number(args[0] ?? 5);
  const idleSeconds = Number(args[1] ?? 60);
  await using folder = await temporaryFolder();
  const executable = compileCommand(folder.path, 'gwe-supervisord');
  let number = 0;
  const start = (side: Side, programs: string) =>
    startSupervisor(side, executable, join(folder.path, `${side}-${number++}`), programs);

  await respawn(start, folder.path, rounds);
  await memory(start, idleSeconds);
  for (const writers of [oneProcess, onePipeline, fifty])
    await logCapture(start, folder.path, writers, rounds);
  await answersInFlood(start, folder.path);
  await manyPrograms(start, rounds);
}

type Start = (side: Side, programs: string) => ReturnType<typeof startSupervisor>;

async function respawn(start: Start, folder: string, rounds: number): Promise<void> {
  const times = figures();
  for (const side of sides) {
    const file = join(folder, `respawn-${side}`);
    const program = `[program:p]\ncommand=bash -c 'echo $EPOCHREALTIME >> ${file}; exec sleep 1000'\nstartsecs=1\nautorestart=true\n`;
    await using supervisor = await start(side, program);
    for (let round = 0; round < rounds * 2; round++) {
      const up = await waitUntil(
        'the program',
        async () => {
          const info = await supervisor.client.getProcessInfo('p');
          return info.statename === 'RUNNING' && info;
        },
        { timeoutMs: 20_000 },
      );
      // Our own questions have woken the supervisor: let it fall asleep, in another phase of its loop each time.
      await sleep(1_000 + 137 * round);
      const before = starts(file);
      const killed = wallSeconds();
      process.kill(up.pid, 'SIGKILL');
      await waitUntil('the next start', () => starts(file).length > before.length, { everyMs: 2 });
      times[side].push(((starts(file).at(-1) ?? Number.NaN) - killed) * 1000);
    }
  }
  const what = { bench, metric: 'crash to respawn, program past its startsecs', unit: 'ms' };
  print(
    compare(
      { ...what, peer: debian, goal: 'median <= 20 ms' },
      times.ours,
      times.supervisord,
      (ours) => ours <= 20,
    ),
  );
  const pm2 = await respawnTimesOfPm2(join(folder, 'pm2'), rounds * 2);
  print(compare({ ...what, peer: 'pm2', goal: 'median <= 20 ms' }, times.ours, pm2, (ours) => ours <= 20));
}

function starts(file: string): number[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}

async function memory(start: Start, idleSeconds: number): Promise<void> {
  const programs = Array.from({ length: 10 }, (_, n) => `[program:p${n}]\ncommand=sleep 100000\n`).join('');
  const pss = figures();
  const cpu = figures();
  await using ours = await start('ours', programs);
  await using theirs = await start('supervisord', programs);
  // The start is not idleness: runtimes put their memory in order for a while.
  await sleep(60_000);
  const before = { ours: cpuOf(ours.pid), supervisord: cpuOf(theirs.pid) };
  for (let round = 0; round < 3; round++) {
    await sleep((idleSeconds * 1000) / 3);
    pss.ours.push(pssOf(ours.pid));
    pss.supervisord.push(pssOf(theirs.pid));
  }
  const since = (now: number, then: number) => Math.round((now - then) * 100) / 100;
  cpu.ours.push(since(cpuOf(ours.pid), before.ours));
  cpu.supervisord.push(since(cpuOf(theirs.pid), before.supervisord));
  const lower = (a: number, b: number) => a < b;
  print(
    compare(
      {
        bench,
        metric: 'memory idle with 10 programs (PSS)',
        unit: 'MiB',
        peer: debian,
        goal: 'below the peer',
      },
      pss.ours,
      pss.supervisord,
      lower,
    ),
  );
  print(
    compare(
      {
        bench,
        metric: `processor time idle over ${idleSeconds} s with 10 programs, a minute after the start`,
        unit: 's',
        peer: debian,
        goal: 'at most the peer',
      },
      cpu.ours,
      cpu.supervisord,
      (a, b) => a <= b,
    ),
  );
}

const totalBytes = 600_000_000;
const line = '2026-01-01 00:00:00 INFO something happened that is worth a line in the log of this program';

interface Writers {
  readonly from: string;
  readonly count: number;
  /** Prints that many bytes, as fast as it can, and sleeps. */
  readonly command: (bytes: number) => string;
}

const pipeline = (bytes: number) => `bash -c 'yes "${line}" | head -c ${bytes}; exec sleep 1000'`;
const oneProcess: Writers = {
  from: 'one program',
  count: 1,
  command: (bytes) =>
    `perl -e 'print "${line}\\n" for 1..${Math.ceil(bytes / (line.length + 1))}; close STDOUT; sleep 1000'`,
};
const onePipeline: Writers = {
  from: 'one program, a pipeline of two processes',
  count: 1,
  command: pipeline,
};
const fifty: Writers = { from: '50 programs', count: 50, command: pipeline };

/**
 * From the first bytes in a log to the last: the start of a program would be some percent of it, and is measured for
 * itself.
 */
async function logCapture(
  start: Start,
  folder: string,
  { from, count, command }: Writers,
  rounds: number,
): Promise<void> {
  const speed = figures();
  const cost = figures();
  const each = Math.floor(totalBytes / count);
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      const logs = Array.from({ length: count }, (_, n) => join(folder, `${side}-${round}-${n}.log`));
      for (const log of logs) writeFileSync(log, '');
      const programs = logs.map(
        (log, n) =>
          `[program:p${n}]\ncommand=${command(each)}\nautostart=false\nstartsecs=0\nstdout_logfile=${log}\nstdout_logfile_maxbytes=0\nstopasgroup=true\n`,
      );
      await using supervisor = await start(side, programs.join(''));
      haveMemory();
      const cpu = cpuOf(supervisor.pid);
      const logged = () => logs.reduce((sum, log) => sum + statSync(log).size, 0);
      await supervisor.client.call('supervisor.startAllProcesses', [false]);
      const before = await waitUntil('output', () => logged() || false, { timeoutMs: 60_000, everyMs: 1 });
      const began = performance.now();
      await waitUntil('all output', () => logs.every((log) => statSync(log).size >= each), {
        timeoutMs: 300_000,
        everyMs: 10,
      });
      speed[side].push((logged() - before) / 1e6 / ((performance.now() - began) / 1000));
      cost[side].push((cpuOf(supervisor.pid) - cpu) / (totalBytes / 1e9));
      await supervisor.client.call('supervisor.stopAllProcesses');
      // Gigabytes on their way to the disk would slow down the rounds that follow.
      for (const log of logs) rmSync(log);
    }
  }
  const results: Result[] = [
    compare(
      { bench, metric: `log capture from ${from}`, unit: 'MB/s', peer: debian, goal: 'at least the peer' },
      speed.ours,
      speed.supervisord,
      (a, b) => a >= b,
    ),
    compare(
      {
        bench,
        metric: `processor time of log capture from ${from}`,
        unit: 's/GB',
        peer: debian,
        goal: 'stated',
      },
      cost.ours,
      cost.supervisord,
      () => true,
    ),
  ];
  for (const result of results) print(result);
}

/**
 * A hypervisor may have taken back what memory was free, and to get it again costs more than to write to it: so it is got
 * before, by a process that ends.
 */
function haveMemory(): void {
  execFileSync(process.execPath, ['-e', `Buffer.alloc(${2 * totalBytes}, 1)`]);
}

/** How long the interface takes for an answer while fifty programs print as fast as they can. */
async function answersInFlood(start: Start, folder: string): Promise<void> {
  const slow = figures();
  for (let round = 0; round < 5; round++) {
    for (const side of sides) {
      const programs = Array.from(
        { length: 50 },
        (_, n) =>
          `[program:p${n}]\ncommand=yes "${line}"\nautostart=false\nstartsecs=0\nstdout_logfile=${folder}/flood-${n}.log\nstdout_logfile_maxbytes=10MB\nstdout_logfile_backups=0\n`,
      );
      await using supervisor = await start(side, programs.join(''));
      await supervisor.client.call('supervisor.startAllProcesses', [false]);
      const times: number[] = [];
      for (const end = performance.now() + 4_000; performance.now() < end; ) {
        const asked = performance.now();
        await supervisor.client.getState();
        times.push(performance.now() - asked);
        await sleep(20);
      }
      times.sort((a, b) => a - b);
      slow[side].push(times[Math.floor(times.length * 0.9)] ?? Number.NaN);
      await supervisor.client.call('supervisor.stopAllProcesses');
    }
  }
  print(
    compare(
      {
        bench,
        metric: 'answer of the interface while 50 programs print as fast as they can, 90th percentile',
        unit: 'ms',
        peer: debian,
        goal: 'stated',
      },
      slow.ours,
      slow.supervisord,
      () => true,
    ),
  );
}

async function manyPrograms(start: Start, rounds: number): Promise<void> {
  const times = figures();
  const programs = Array.from(
    { length: 200 },
    (_, n) =>
      `[program:p${n}]\ncommand=sleep 100000\nautostart=false\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n`,
  ).join('');
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      await using supervisor = await start(side, programs);
      const began = performance.now();
      await supervisor.client.call('supervisor.startAllProcesses');
      await supervisor.client.call('supervisor.stopAllProcesses');
      times[side].push(performance.now() - began);
    }
  }
  print(
    compare(
      {
        bench,
        metric: '200 programs started and stopped',
        unit: 'ms',
        peer: debian,
        goal: 'at most the peer',
      },
      times.ours,
      times.supervisord,
      (a, b) => a <= b,
    ),
  );
}
