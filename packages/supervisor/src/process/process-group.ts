import { readdirSync, readFileSync } from 'node:fs';
import { signalGroup } from '@gateway-engine/host';

/**
 * Whether a process group has a member that runs and that we may signal. A zombie does not run: where process 1 does
 * not collect orphans (many containers), they stay for ever and the group with them.
 */
export function groupIsAlive(group: number): boolean {
  try {
    if (!signalGroup(group, 0)) return false;
  } catch (error) {
    // All of it went on as another user: not ours to end, nor to wait for.
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
    throw error;
  }
  return processIds().some((pid) => {
    const fields = statFields(pid);
    return fields?.[2] === String(group) && fields[0] !== 'Z';
  });
}

export function processIds(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** Fields of /proc/PID/stat from the third on: state, parent, process group, session, ... */
export function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses and may hold blanks and parentheses itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It ended just now.
    return undefined;
  }
}
