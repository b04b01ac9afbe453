import { readFileSync } from 'node:fs';
import type { AppReport, EngineReport } from '@gateway-engine/device-api';
import { processStartTime } from '@gateway-engine/host';
import type { ProcessInfo } from '@gateway-engine/supervisor';

/** An application whose version is known. */
export interface KnownVersion {
  readonly name: string;
  readonly version: string;
}

/**
 * Every application once: those whose installation is known, with or without a process, and every other program of the
 * supervisor. `processes` is undefined when the supervisor does not answer.
 */
export function engineReport(
  engineVersion: string,
  versions: readonly KnownVersion[],
  processes: readonly ProcessInfo[] | undefined,
): EngineReport {
  const groups = new Map<string, ProcessInfo[]>();
  for (const process of processes ?? []) {
    groups.set(process.group, [...(groups.get(process.group) ?? []), process]);
  }
  const versionOf = new Map(versions.map(({ name, version }) => [name, version]));
  const names = [...new Set([...versionOf.keys(), ...groups.keys()])].sort();
  return {
    engine: { version: engineVersion },
    apps: names.map((name) => ({ [name]: reportOf(versionOf.get(name) ?? '', groups.get(name) ?? []) })),
  };
}

/** Of several processes of one application, one that is not well speaks for all. */
function reportOf(version: string, processes: readonly ProcessInfo[]): AppReport {
  const process = processes.find((each) => each.statename !== 'RUNNING') ?? processes[0];
  if (!process) return { version, status: '', uptime: 0, exitstatus: null };
  const isUp = process.statename === 'RUNNING';
  return {
    version,
    status: process.statename,
    uptime: isUp ? (uptimeOf(process.pid) ?? Math.max(0, process.now - process.start)) : 0,
    exitstatus: process.stop > 0 ? process.exitstatus : null,
  };
}

/** Of every Linux that Node.js runs on, whatever its kernel counts in. */
const ticksPerSecond = 100;

/**
 * Whole seconds that a process has been up, by the kernel's count since boot: a gateway's wall clock may start in 1970 and
 * jump. Undefined when there is no such process.
 */
export function uptimeOf(pid: number): number | undefined {
  const started = processStartTime(pid);
  if (started === undefined) return undefined;
  const sinceBoot = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  return Math.max(0, Math.floor(sinceBoot - Number(started) / ticksPerSecond));
}
