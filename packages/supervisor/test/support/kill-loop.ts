import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@gateway-engine/testkit';
import { type ProcessInfo, SupervisorClient } from '../../src/index.ts';
import { processesWith } from './processes.ts';

/** What came of killing a supervisor again and again. All but the first two should be 0. */
export interface KillReport {
  readonly kills: number;
  readonly lines: number;
  readonly restartedPrograms: number;
  /** Processes more than there should be, while it runs and after its end. */
  readonly orphans: number;
  readonly lostLines: number;
  readonly repeatedLines: number;
}

export interface KillPlan {
  /** An empty folder. */
  readonly folder: string;
  /** Command of the supervisor; `-n -c FILE` is added. */
  readonly command: readonly string[];
  readonly kills: number;
  /** Of the programs between two bursts of 200 lines. */
  readonly pauseMs: number;
  readonly random: () => number;
}

/**
 * Programs that write numbered lines as fast as a busy one does, in bursts: one to a log that is never rotated, one to
 * a log that often is, one to both channels, one that is idle. The last line of each says how many there were; it is
 * written between two bursts, since a trap may come between the counting of a line and its writing.
 */
const programs = (mark: string, pauseMs: number) => {
  const pause = `${(pauseMs / 1000).toFixed(3)}${mark}`;
  const writer = (line: string) =>
    `sh -c 'n=0; end=; trap end=1 TERM; while [ -z "$end" ]; do i=0; while [ $i -lt 200 ]; do i=$((i+1)); n=$((n+1)); ${line}; done; sleep ${pause}; done; echo last $n'`;
  const common = 'startsecs=0\nautorestart=true\nstdout_logfile_backups=1000\n';
  return `[program:plain]\ncommand=${writer('echo $n')}\n${common}stdout_logfile=%(here)s/plain.log\nstdout_logfile_maxbytes=0
[program:rotated]\ncommand=${writer('echo $n')}\n${common}stdout_logfile=%(here)s/rotated.log\nstdout_logfile_maxbytes=256KB
[program:both]\ncommand=${writer('echo $n; echo $n >&2')}\n${common}stdout_logfile=%(here)s/both.log\nstdout_logfile_maxbytes=0\nstderr_logfile=%(here)s/both.err\nstderr_logfile_maxbytes=0
[program:idle]\ncommand=sleep 1000${mark}\n${common}`;
};

const logs = ['plain.log', 'rotated.log', 'both.log'];

export async function killAgainAndAgain(plan: KillPlan): Promise<KillReport> {
  const mark = `7${Math.floor(plan.random() * 1e9)}`;
  const file = join(plan.folder, 'supervisord.conf');
  writeFileSync(
    file,
    `[supervisord]\npidfile=%(here)s/s.pid\nchildlogdir=%(here)s\nsilent=true\n[unix_http_server]\nfile=%(here)s/s.sock\n${programs(mark, plan.pauseMs)}`,
  );
  const client = new SupervisorClient(`unix://${join(plan.folder, 's.sock')}`, { timeoutMs: 30_000 });
  const start = () => {
    const [command = '', ...args] = plan.command;
    return spawn(command, [...args, '-n', '-c', file], { cwd: plan.folder, stdio: 'ignore' });
  };
  const begin = performance.now();
  let daemon = start();
  const isUp = async () => {
    const infos = await waitUntil(
      'the programs',
      async () => (hasEnded(daemon) ? [] : await allRunning(client)),
      {
        timeoutMs: 60_000,
        everyMs: 5,
      },
    );
    if (infos.length === 0) throw endedByItself(daemon);
    return infos;
  };
  const first = await isUp();
  const startMs = performance.now() - begin;
  for (let kill = 0; kill < plan.kills; kill++) {
    await end(daemon, 'SIGKILL');
    daemon = start();
    // One in four is killed on its way up, the others while they read.
    if (plan.random() < 0.25) await sleep(plan.random() * startMs);
    else {
      await isUp();
      await sleep(plan.random() * 50);
    }
  }
  await end(daemon, 'SIGKILL');
  daemon = start();
  const last = await isUp();
  // The writers sleep now and then in a process of its own.
  const most = 2 * first.length;
  const tooMany = Math.max(0, processesWith(mark).length - most);
  await end(daemon, 'SIGTERM');
  const left = processesWith(mark).length;
  const counts = [
    ...logs.map((name) => countLines(plan.folder, name)),
    countLines(plan.folder, 'both.err', lastNumber(plan.folder, 'both.log')),
  ];
  const sum = (of: (count: LineCount) => number) => counts.reduce((total, count) => total + of(count), 0);
  return {
    kills: plan.kills + 1,
    lines: sum((count) => count.lines),
    restartedPrograms: first.filter(
      ({ name, pid, start }) =>
        !last.some((info) => info.name === name && info.pid === pid && info.start === start),
    ).length,
    orphans: tooMany + left,
    lostLines: sum((count) => count.lost),
    repeatedLines: sum((count) => count.repeated),
  };
}

async function allRunning(client: SupervisorClient): Promise<ProcessInfo[] | false> {
  const infos = await client.getAllProcessInfo();
  return infos.length === 4 && infos.every((info) => info.statename === 'RUNNING') && infos;
}

async function end(daemon: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(daemon)) throw endedByItself(daemon);
  const ended = once(daemon, 'exit');
  daemon.kill(signal);
  await ended;
}

function hasEnded(daemon: ChildProcess): boolean {
  return daemon.exitCode !== null || daemon.signalCode !== null;
}

function endedByItself(daemon: ChildProcess): Error {
  return new Error(`the supervisor ended by itself (${daemon.exitCode ?? daemon.signalCode})`);
}

interface LineCount {
  readonly lines: number;
  readonly lost: number;
  readonly repeated: number;
}

/** Lines must be 1, 2, 3, ... up to `total`, which the last line says unless it is given. Part of a line counts as lost. */
function countLines(folder: string, name: string, total = lastNumber(folder, name)): LineCount {
  const seen = new Uint8Array(total + 1);
  let lines = 0;
  let repeated = 0;
  for (const line of linesOf(folder, name)) {
    const number = Number(line);
    if (!/^\d+$/.test(line) || number < 1 || number > total) continue;
    lines += 1;
    if (seen[number] === 1) repeated += 1;
    seen[number] = 1;
  }
  return { lines, lost: total - seen.reduce((sum, one) => sum + one, 0), repeated };
}

function lastNumber(folder: string, name: string): number {
  const last = linesOf(folder, name).at(-1) ?? '';
  if (!/^last \d+$/.test(last)) throw new Error(`${name} ends with "${last}"`);
  return Number(last.slice(5));
}

/** Of a log with those that were set aside, oldest first. */
function linesOf(folder: string, name: string): string[] {
  const aside = readdirSync(folder)
    .filter((entry) => entry.startsWith(`${name}.`))
    .sort((a, b) => Number(b.slice(name.length + 1)) - Number(a.slice(name.length + 1)));
  const text = [...aside, name]
    .map((entry) => join(folder, entry))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
    .join('');
  return text.replace(/\n$/, '').split('\n');
}
