import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { processIds, statFields } from '../process/process-group.ts';

/** A process that holds a FIFO of a program open: the program, or something that it started. */
export interface OutputHolder {
  readonly pid: number;
  /** In clock ticks since boot. */
  readonly startTime: string;
  /** It leads a session of its own, as every program does. */
  readonly leads: boolean;
  /** Name of the program's folder. */
  readonly folder: string;
}

/**
 * All processes that hold a FIFO below the state directory open, without this one and those it descends from: the
 * supervisor may have been started by a program of the one before.
 */
export function outputHolders(stateDirectory: string): OutputHolder[] {
  const directory = realpathSync(stateDirectory);
  const own = ownLine();
  return processIds().flatMap((pid) => {
    if (own.includes(pid)) return [];
    const held = openFiles(pid).find(
      (path) => dirname(dirname(path)) === directory && /^(stdin|stdout|stderr)$/.test(basename(path)),
    );
    const fields = held === undefined ? undefined : statFields(pid);
    if (held === undefined || !fields || fields[0] === 'Z') return [];
    const leads = fields[2] === String(pid) && fields[3] === String(pid);
    return [{ pid, startTime: fields[19] ?? '', leads, folder: basename(dirname(held)) }];
  });
}

/**
 * The process that a supervisor had just started, or was about to, when it was killed: the first one that leads a
 * session, started not before `notBeforeTicks`.
 */
export function findStarted(
  holders: readonly OutputHolder[],
  folder: string,
  notBeforeTicks: number,
): OutputHolder | undefined {
  return holders
    .filter(
      (holder) => holder.leads && holder.folder === folder && Number(holder.startTime) >= notBeforeTicks,
    )
    .sort((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid)[0];
}

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
