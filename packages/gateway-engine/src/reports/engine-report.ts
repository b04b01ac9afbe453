import { readFileSync } from 'node:fs';
import type { AppReport, BudgetWait, EngineReport, OtaTrust } from '@gateway-engine/device-api';
import { processStartTime } from '@gateway-engine/host';
import type { ProcessInfo } from '@gateway-engine/supervisor';
import { oneLine } from './bounded-text.ts';
import { ticksPerSecond } from './programs/process-table.ts';
import type { ProgramFacts } from './programs/program-facts.ts';
import type { UnderWay } from './under-way.ts';

/** An application whose version is known. */
export interface KnownVersion {
  readonly name: string;
  readonly version: string;
}

/** Characters of all applications together; more are left out and counted. */
export const longestAppList = 48 * 1024;
const longestError = 300;

/**
 * Every application once: those whose installation is known, with or without a process, and every other program of the
 * supervisor. `programs` is undefined when the supervisor does not answer. One that waits for its first installation has
 * no entry: readers take an entry for an application that is there.
 */
export function engineReport(
  engineVersion: string,
  versions: readonly KnownVersion[],
  programs: readonly ProgramFacts[] | undefined,
  waits: readonly BudgetWait[] = [],
  ota?: OtaTrust,
  installs: ReadonlyMap<string, UnderWay> = new Map(),
): EngineReport {
  const groups = Map.groupBy(programs ?? [], ({ process }) => process.group);
  const versionOf = new Map(versions.map(({ name, version }) => [name, version]));
  const names = [...new Set([...versionOf.keys(), ...groups.keys()])].sort();
  const all = names.map((name) => ({
    [name]: { ...reportOf(versionOf.get(name) ?? '', groups.get(name) ?? []), ...installs.get(name) },
  }));
  const apps = withinRoom(all, longestAppList);
  const leftOut = all.length - apps.length;
  return {
    engine: {
      version: engineVersion,
      ...(waits.length > 0 ? { waits } : {}),
      ...(leftOut > 0 ? { left_out: leftOut } : {}),
      ...(ota ? { ota } : {}),
    },
    apps,
  };
}

/** Of several processes of one application, one that is not well speaks for all; their costs are added. */
function reportOf(version: string, programs: readonly ProgramFacts[]): AppReport {
  const speaker = programs.find(({ process }) => process.statename !== 'RUNNING') ?? programs[0];
  if (!speaker) return { version, status: '', uptime: 0, exitstatus: null };
  const { process } = speaker;
  const error = programs.map(({ lastError }) => lastError).find((text) => text !== '');
  return {
    version,
    status: process.statename,
    uptime: process.statename === 'RUNNING' ? upSince(process) : 0,
    exitstatus: speaker.lastExitStatus ?? (process.stop > 0 ? process.exitstatus : null),
    ...optional('restarts', sum(programs.map(({ restarts }) => restarts))),
    memory: programs.reduce((bytes, { memory }) => bytes + memory, 0),
    processes: programs.reduce((count, { processes }) => count + processes, 0),
    ...optional('cpu', sum(programs.map(({ cpu }) => cpu))),
    ...(error === undefined ? {} : { last_error: oneLine(error, longestError) }),
  };
}

function upSince({ pid, now, start }: ProcessInfo): number {
  return uptimeOf(pid) ?? Math.max(0, now - start);
}

/** Of those that are known; undefined when none is. */
function sum(figures: readonly (number | undefined)[]): number | undefined {
  const known = figures.filter((figure) => figure !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, figure) => total + figure, 0);
}

function optional<K extends string>(key: K, value: number | undefined): { [key in K]?: number } {
  return value === undefined ? {} : ({ [key]: Math.round(value * 10) / 10 } as { [key in K]: number });
}

function withinRoom<T>(entries: readonly T[], characters: number): T[] {
  let used = 0;
  return entries.filter((entry) => {
    used += JSON.stringify(entry).length;
    return used <= characters;
  });
}

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
