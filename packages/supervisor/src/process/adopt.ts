import { closeSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { processStartTime, signalGroup } from '@gateway-engine/host';
import type { KernelCalls } from '../capture/kernel-calls.ts';
import type { Child } from './child.ts';
import type { EndWatch } from './end-watch.ts';
import { groupIsAlive, statFields } from './process-group.ts';
import type { WaitStatus } from './wait-status.ts';

/** Names one process for good: a pid is used again, but not with the same start time. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** Field 52 of /proc/PID/stat, the wait status of a zombie, counted from the third one. */
const exitCodeField = 49;

/**
 * Takes over a process that a supervisor before this one started; it may have ended already. `ended` is called once,
 * after this has returned, with what can be known of how it ended.
 */
export function adoptProcess(
  identity: ProcessIdentity,
  parts: { endWatch: EndWatch; kernel: KernelCalls | undefined },
  ended: (status: WaitStatus) => void,
): Child {
  const { pid, startTime } = identity;
  let handle = parts.kernel?.openProcess(pid);
  if (handle !== undefined && processStartTime(pid) !== startTime) {
    closeSync(handle);
    handle = undefined;
  }
  const endIsLikely = parts.endWatch.watch(pid, startTime, () => {
    const status = handle === undefined ? undefined : parts.kernel?.waitStatus(handle);
    if (handle !== undefined) closeSync(handle);
    ended(fromWaitStatus(status ?? zombieStatus(pid)));
  });
  // While its group lives the kernel gives its number to no new process; so a stranger there means that it is gone.
  const isGone = () => {
    const now = statFields(pid)?.[19];
    return now !== undefined && now !== startTime;
  };
  return {
    pid,
    signal(signal, target) {
      if (isGone()) return false;
      endIsLikely();
      if (target === 'group') return signalGroup(pid, signal);
      return processStartTime(pid) === startTime && process.kill(pid, signal);
    },
    groupIsAlive: () => !isGone() && groupIsAlive(pid),
  };
}

/** Of a process that has ended and that nobody has collected; only its owner and root may see it. */
function zombieStatus(pid: number): number | undefined {
  const own = process.getuid?.();
  try {
    if (own !== 0 && statSync(`/proc/${pid}`).uid !== own) return undefined;
  } catch {
    return undefined;
  }
  const fields = statFields(pid);
  return fields?.[0] === 'Z' ? Number(fields[exitCodeField]) : undefined;
}

function fromWaitStatus(status: number | undefined): WaitStatus {
  if (status === undefined) return { code: null, signal: null };
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff, signal: null };
  const [name] = Object.entries(constants.signals).find(([, number]) => number === signal) ?? [];
  return { code: null, signal: (name as NodeJS.Signals | undefined) ?? null };
}
