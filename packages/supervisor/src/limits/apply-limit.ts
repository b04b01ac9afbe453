import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LimitInForce } from './decide-limits.ts';

const cpuPeriod = 100_000;

/** Writes a limit into the cgroup of its program, which must exist. */
export function applyLimit(limit: LimitInForce, directory: string): void {
  const { option, value, mechanism } = limit;
  const set = (file: string, text: string) => writeFileSync(join(directory, file), text, { flag: 'r+' });
  const has = (file: string) => existsSync(join(directory, file));
  switch (`${option} ${mechanism}`) {
    case 'memory_max cgroup v2':
      set('memory.max', String(value));
      // Memory and swap together, as with version 1. One process killed would leave half a program.
      if (has('memory.swap.max')) set('memory.swap.max', '0');
      if (has('memory.oom.group')) set('memory.oom.group', '1');
      break;
    case 'memory_max cgroup v1':
      // The sum with swap may never be below the part without it, not even for a moment.
      if (has('memory.memsw.limit_in_bytes')) set('memory.memsw.limit_in_bytes', '-1');
      set('memory.limit_in_bytes', String(value));
      if (has('memory.memsw.limit_in_bytes')) set('memory.memsw.limit_in_bytes', String(value));
      break;
    case 'cpu_max cgroup v2':
      set('cpu.max', `${Math.round(value * cpuPeriod)} ${cpuPeriod}`);
      break;
    case 'cpu_max cgroup v1':
      set('cpu.cfs_period_us', String(cpuPeriod));
      set('cpu.cfs_quota_us', String(Math.round(value * cpuPeriod)));
      break;
    case 'pids_max cgroup v2':
    case 'pids_max cgroup v1':
      set('pids.max', String(value));
      break;
  }
}

/** The commands of sh(1) that set the limits which a process inherits. */
export function rlimitCommands(limits: readonly LimitInForce[]): string[] {
  return limits
    .filter((limit) => limit.mechanism === 'rlimit')
    .map(({ option, value }) => {
      switch (option) {
        case 'memory_max':
          return `ulimit -d ${Math.ceil(value / 1024)}`;
        case 'pids_max':
          // -p is the number of processes in dash and BusyBox, -u in bash.
          return `{ ulimit -u ${value} 2>/dev/null || ulimit -p ${value}; }`;
        default:
          return `ulimit -n ${value}`;
      }
    });
}
