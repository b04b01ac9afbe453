import { readdirSync, readFileSync } from 'node:fs';

/** A process as the kernel lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks of processor time, its own and that of its children which have ended. */
  readonly ticks: number;
}

/** Of every Linux that Node.js runs on, whatever its kernel counts in. */
export const ticksPerSecond = 100;

/** Reads a line of /proc/PID/stat. Undefined when it is none. */
export function parseProcessStat(text: string): ProcessEntry | undefined {
  // The name stands in parentheses and may hold blanks and parentheses itself.
  const end = text.lastIndexOf(')');
  const pid = Number(text.slice(0, text.indexOf(' ')));
  const fields = text.slice(end + 2).split(' ');
  const parent = Number(fields[1]);
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  if (end === -1 || fields.length < 15 || !Number.isInteger(pid + parent + ticks)) return undefined;
  return { pid, parent, ticks };
}

/** All processes that are there now. */
export function processTable(directory = '/proc'): ProcessEntry[] {
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => parseProcessStat(statOf(`${directory}/${pid}/stat`)) ?? []);
}

/** A process and its descendants, the process first. Empty when it is not there. */
export function familyOf(pid: number, table: readonly ProcessEntry[]): ProcessEntry[] {
  const children = Map.groupBy(table, ({ parent }) => parent);
  const family = table.filter((entry) => entry.pid === pid);
  const seen = new Set(family.map((entry) => entry.pid));
  for (const member of family) {
    for (const child of children.get(member.pid) ?? []) {
      // The table was not read at one moment: a number that was given anew may make a circle.
      if (seen.has(child.pid)) continue;
      seen.add(child.pid);
      family.push(child);
    }
  }
  return family;
}

function statOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    // It has ended.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
