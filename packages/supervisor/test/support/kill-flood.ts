import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { waitUntil } from '@gateway-engine/testkit';
import { SupervisorClient } from '../../src/index.ts';

/** What came of killing a supervisor while a program floods it. */
export interface FloodReport {
  readonly kills: number;
  /** Kills that came while bytes were handed over, which the next supervisor had to put right. */
  readonly killsInHandOver: number;
  readonly bytes: number;
  /** What the log is, beside what the program printed; undefined when it is the same, byte for byte. */
  readonly difference: string | undefined;
}

/** What the program prints: numbered lines, or one line over and over. */
export const floods = {
  numbered: "seq -f '%.0f a line that a program prints as fast as it can' 1 100000000000",
  repeated: "yes 'a line that a program prints as fast as it can'",
} as const;

/** So many of the kills must come during a hand-over, or there are more of them. */
const leastInHandOver = 3;

/** `command`: of the supervisor; `-n -c FILE` is added. */
export async function killInFlood(plan: {
  readonly folder: string;
  readonly command: readonly string[];
  readonly kills: number;
  readonly flood: string;
  readonly random: () => number;
}): Promise<FloodReport> {
  const file = join(plan.folder, 'supervisord.conf');
  writeFileSync(
    file,
    `[supervisord]\npidfile=%(here)s/s.pid\nchildlogdir=%(here)s\nsilent=true\n[unix_http_server]\nfile=%(here)s/s.sock
[program:flood]\ncommand=${plan.flood.replaceAll('%', '%%')}\nstartsecs=0\nstdout_logfile=%(here)s/flood.log\nstdout_logfile_maxbytes=64MB\nstdout_logfile_backups=10000\n`,
  );
  const [command = '', ...args] = plan.command;
  const start = () => spawn(command, [...args, '-n', '-c', file], { cwd: plan.folder, stdio: 'ignore' });
  let daemon = start();
  let killsInHandOver = 0;
  let kills = 0;
  for (; kills < plan.kills || (killsInHandOver < leastInHandOver && kills < 10 * plan.kills); kills++) {
    const before = logged(plan.folder);
    await waitUntil('output in the log', () => logged(plan.folder) > before, {
      timeoutMs: 60_000,
      everyMs: 1,
    });
    await sleep(plan.random() * 8);
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    if (readFileSync(join(plan.folder, 's.state', 'hand-over'), 'utf8').startsWith('{')) killsInHandOver += 1;
    daemon = start();
  }
  const client = new SupervisorClient(`unix://${join(plan.folder, 's.sock')}`, { timeoutMs: 30_000 });
  await waitUntil('the supervisor', () => client.getState().then(Boolean, () => false), {
    timeoutMs: 60_000,
  });
  await client.call('supervisor.stopProcess', ['flood']);
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
  const bytes = logged(plan.folder);
  return { kills, killsInHandOver, bytes, difference: await differenceTo(plan, bytes) };
}

/** The log with those that were set aside, oldest first. */
function logsOf(folder: string): string[] {
  const numberOf = (name: string) => Number(name.split('.')[2] ?? 0);
  return readdirSync(folder)
    .filter((name) => name.startsWith('flood.log'))
    .sort((a, b) => numberOf(b) - numberOf(a))
    .map((name) => join(folder, name));
}

function logged(folder: string): number {
  return logsOf(folder).reduce((sum, log) => sum + (statSync(log, { throwIfNoEntry: false })?.size ?? 0), 0);
}

async function differenceTo(
  plan: { folder: string; flood: string },
  bytes: number,
): Promise<string | undefined> {
  try {
    const script = `cat "$@" | cmp -n ${bytes} - <(${plan.flood})`;
    await promisify(execFile)('bash', ['-c', script, 'bash', ...logsOf(plan.folder)]);
    return undefined;
  } catch (error) {
    return String(error);
  }
}
