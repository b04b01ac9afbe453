import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Proportional set size of a process, MiB: its own memory, and its share of what it shares. */
export function pssOf(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

/** With its keeper of the second pipe, when it has one. */
export function pssWithKeeper(pid: number): number {
  const keepers = readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '))
    .filter((child) => child && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('\0keeper of '));
  return keepers.reduce((sum, keeper) => sum + pssOf(Number(keeper)), pssOf(pid));
}

/** Processor time that a process has used itself, seconds. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Wall time in seconds with microseconds, to be compared with a shell's EPOCHREALTIME. */
export function wallSeconds(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
