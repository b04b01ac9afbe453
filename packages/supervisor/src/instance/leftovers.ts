import { readdirSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Clock, processStartTime, signalGroup } from '@gateway-engine/host';
import type { SupervisorLog } from '../log.ts';
import { groupIsAlive, processIds, statFields } from '../process/process-group.ts';
import { livingRecords } from './child-record.ts';

/** A process that a supervisor before this one started, and that outlived it. */
export interface Leftover {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
  /** It leads the process group of its program. */
  readonly leader: boolean;
  readonly stopSignal: NodeJS.Signals;
  readonly stopWaitSeconds: number;
}

/**
 * The processes that a killed supervisor left behind: those it noted, and those that hold a FIFO of a program open,
 * which finds also a child that was not noted yet and what is left of a group without its leader.
 */
export function findLeftovers(stateDirectory: string): Leftover[] {
  const leaders = livingRecords(stateDirectory).map((record) => ({ ...record, leader: true }));
  const known = new Set([...leaders.map((leader) => leader.pid), ...ownLine()]);
  const holders: Leftover[] = [];
  for (const { pid, name } of outputHolders(stateDirectory)) {
    const startTime = processStartTime(pid);
    if (known.has(pid) || startTime === undefined) continue;
    holders.push({ name, pid, startTime, leader: false, stopSignal: 'SIGTERM', stopWaitSeconds: 10 });
  }
  return [...leaders, ...holders];
}

/** Ends them as a stop would: the program's signal, its grace, then SIGKILL, each to the whole group. */
export async function endLeftovers(
  leftovers: readonly Leftover[],
  parts: { clock: Clock; log: SupervisorLog },
): Promise<void> {
  await Promise.all(leftovers.map((leftover) => endLeftover(leftover, parts)));
}

async function endLeftover(leftover: Leftover, { clock, log }: { clock: Clock; log: SupervisorLog }) {
  const { name, pid } = leftover;
  log.warn(`stopping '${name}' (${pid}), which a supervisor before this one left running`);
  send(leftover, leftover.stopSignal);
  const deadline = clock.monotonic() + leftover.stopWaitSeconds * 1000;
  while (isAlive(leftover) && clock.monotonic() < deadline) await clock.sleep(20);
  if (!isAlive(leftover)) return;
  log.warn(`killing '${name}' (${pid}) with SIGKILL`);
  send(leftover, 'SIGKILL');
  const end = clock.monotonic() + 2000;
  while (isAlive(leftover) && clock.monotonic() < end) await clock.sleep(20);
  if (isAlive(leftover)) log.error(`'${name}' (${pid}) is still there after SIGKILL`);
}

function isAlive(leftover: Leftover): boolean {
  if (processStartTime(leftover.pid) === leftover.startTime) return true;
  return leftover.leader && groupIsAlive(leftover.pid);
}

function send(leftover: Leftover, signal: NodeJS.Signals): void {
  if (leftover.leader) signalGroup(leftover.pid, signal);
  else if (processStartTime(leftover.pid) === leftover.startTime) {
    try {
      process.kill(leftover.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function outputHolders(stateDirectory: string): { pid: number; name: string }[] {
  const holders: { pid: number; name: string }[] = [];
  for (const pid of processIds()) {
    const held = openFiles(pid).find(
      (path) => dirname(dirname(path)) === stateDirectory && /^(stdout|stderr)$/.test(basename(path)),
    );
    if (held !== undefined) holders.push({ pid, name: basename(dirname(held)) });
  }
  return holders;
}

/** This process and those it descends from: the supervisor may have been started by a program of the one before. */
function ownLine(): number[] {
  const line: number[] = [];
  for (let pid = process.pid; pid > 1 && !line.includes(pid); pid = Number(statFields(pid)?.[1] ?? 0))
    line.push(pid);
  return line;
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((entry) => linkTarget(`/proc/${pid}/fd/${entry}`));
  } catch {
    // It ended just now, or belongs to another user and so is no child of ours.
    return [];
  }
}

function linkTarget(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return [];
  }
}
