import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { processStartTime } from '@gateway-engine/host';
import type { GroupConfig } from '../config/groups.ts';
import type { ProcessConfig } from '../config/program.ts';
import type { ProcessIdentity } from '../process/adopt.ts';
import type { ProcessSnapshot } from '../process/snapshot.ts';
import { findStarted, type OutputHolder, outputHolders } from './output-holders.ts';
import { type ProgramRecord, programFolder, readGroupsOfBefore, readRecord } from './program-record.ts';
import { type StateFolder, sinceBootMs } from './stored.ts';

/** What a supervisor before this one left: a program's record and, if it runs, its process. */
export interface Left {
  readonly record: ProgramRecord;
  /** Missing when it runs no more; also that of a process that has ended, so that its end is told. */
  readonly identity: ProcessIdentity | undefined;
}

/** A group to make active, with what is left of its programs by their names. */
export interface GroupToRestore {
  readonly config: GroupConfig;
  readonly left: ReadonlyMap<string, Left>;
}

const millisecondsPerTick = 10;

/** With what a supervisor goes on. */
export interface Restored {
  readonly groups: readonly GroupToRestore[];
  /** Processes of programs that nobody goes on with: they are to be ended. */
  readonly strays: readonly OutputHolder[];
}

/**
 * The configuration is that of now, but a group of which something still runs keeps the one it was started with, as it
 * does in a supervisor that lives, until somebody asks for an update. Groups that are configured no more are kept for
 * the same reason.
 */
export function findRestored(state: StateFolder, configured: readonly GroupConfig[]): Restored {
  const holders = outputHolders(state.path);
  const before = readGroupsOfBefore(state);
  const groups: GroupToRestore[] = [];
  const goesOn = new Set<string>();
  const add = (config: GroupConfig, left: ReadonlyMap<string, Left>) => {
    groups.push({ config, left });
    // What listeners and their supervisor have said to each other is not known any more: they are started anew.
    if (!config.pool) for (const program of config.processes) goesOn.add(folderName(state, program));
  };
  for (const now of configured) {
    const then = before.find((group) => group.name === now.name);
    if (!then) {
      groups.push({ config: now, left: new Map() });
      continue;
    }
    const left = leftOf(state, then, holders);
    add(somethingRuns(left) && !sameConfig(then, now) ? then : now, left);
  }
  for (const then of before) {
    if (configured.some((group) => group.name === then.name)) continue;
    const left = leftOf(state, then, holders);
    if (somethingRuns(left)) add(then, left);
  }
  return { groups, strays: holders.filter((holder) => !goesOn.has(holder.folder)) };
}

/** Also where one of the two was stored as JSON, which has no undefined. */
export function sameConfig(a: GroupConfig, b: GroupConfig): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

function leftOf(
  state: StateFolder,
  group: GroupConfig,
  holders: readonly OutputHolder[],
): ReadonlyMap<string, Left> {
  if (group.pool) return new Map();
  return new Map(
    group.processes.flatMap((config) => {
      const left = leftOfOne(state, config, holders);
      return left ? [[config.name, left]] : [];
    }),
  );
}

function leftOfOne(
  state: StateFolder,
  config: ProcessConfig,
  holders: readonly OutputHolder[],
): Left | undefined {
  const folder = folderName(state, config);
  const record = readRecord(state, config);
  if (!record) return leftWithoutRecord(findStarted(holders, folder, 0));
  if (record.identity || record.process.state !== 'STARTING') return { record, identity: record.identity };
  const startedTicks = (sinceBootMs() - record.process.sinceStartMs) / millisecondsPerTick;
  return { record, identity: findStarted(holders, folder, Math.floor(startedTicks) - 2) };
}

/** On a full disk no record can be written. */
function leftWithoutRecord(holder: OutputHolder | undefined): Left | undefined {
  if (!holder) return undefined;
  const sinceStartMs = Math.max(0, sinceBootMs() - Number(holder.startTime) * millisecondsPerTick);
  const process: ProcessSnapshot = {
    state: 'STARTING',
    startedAt: Date.now() - sinceStartMs,
    stoppedAt: 0,
    sinceStartMs,
    sinceChangeMs: sinceStartMs,
    failedStarts: 0,
    spawnError: '',
    exitStatus: null,
    startsInMs: null,
    restartReason: null,
    pacedFailures: 0,
  };
  return { record: { process, forEnd: false, autoLogs: {} }, identity: holder };
}

function folderName(state: StateFolder, config: Pick<ProcessConfig, 'group' | 'name'>): string {
  return basename(programFolder(state, config));
}

function somethingRuns(left: ReadonlyMap<string, Left>): boolean {
  return [...left.values()].some(
    ({ identity }) => identity && processStartTime(identity.pid) === identity.startTime,
  );
}
