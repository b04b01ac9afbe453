import { readFileSync } from 'node:fs';
import { processIds, statFields } from '../process/process-group.ts';

/**
 * The living processes that belong to a program, found without a cgroup: its descendants, its process group and
 * session, and, with `marks`, whatever has these variables in the environment it was started with.
 */
export function relatives(leader: number, marks?: Readonly<Record<string, string>>): number[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  const wanted = Object.entries(marks ?? {}).map(([name, value]) => `${name}=${value}`);
  for (const pid of processIds()) {
    const [state, parent, group, session] = statFields(pid) ?? [];
    if (state === undefined || state === 'Z' || pid === process.pid) continue;
    parents.set(pid, Number(parent));
    const isMarked = wanted.length > 0 && Number(parent) !== process.pid && hasMarks(pid, wanted);
    if ([pid, Number(group), Number(session)].includes(leader) || isMarked) found.add(pid);
  }
  for (const pid of parents.keys()) if (descendsFrom(pid, leader, parents)) found.add(pid);
  return [...found].sort((a, b) => a - b);
}

function descendsFrom(pid: number, ancestor: number, parents: ReadonlyMap<number, number>): boolean {
  let current = parents.get(pid);
  for (let steps = 0; current !== undefined && steps < parents.size; steps++) {
    if (current === ancestor) return true;
    current = parents.get(current);
  }
  return false;
}

function hasMarks(pid: number, marks: readonly string[]): boolean {
  try {
    const variables = new Set(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'));
    return marks.every((mark) => variables.has(mark));
  } catch {
    // It ended just now, or belongs to somebody whose environment we may not see.
    return false;
  }
}
