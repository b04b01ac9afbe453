import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupConfig } from '../config/groups.ts';
import type { ProcessConfig } from '../config/program.ts';
import type { ProcessIdentity } from '../process/adopt.ts';
import { aged, type ProcessSnapshot } from '../process/snapshot.ts';
import { load, type StateFolder, sinceBootMs, store } from './stored.ts';

type Name = Pick<ProcessConfig, 'group' | 'name'>;

/** What must be known of a program to go on with it, and with nothing else by mistake, after the supervisor's death. */
export interface ProgramRecord {
  readonly process: ProcessSnapshot;
  /** Missing when nothing runs, and while a start is under way. */
  readonly identity?: ProcessIdentity | undefined;
  /** It was being stopped because the supervisor was to end. */
  readonly forEnd: boolean;
  /** Paths of its AUTO logs, which have random names. */
  readonly autoLogs: { readonly stdout?: string | undefined; readonly stderr?: string | undefined };
}

const recordFile = 'program.json';
const groupsFile = 'groups.json';

/** The folder of a program below the supervisor's state directory: its FIFOs and its record. */
export function programFolder(state: StateFolder, name: Name): string {
  return join(state.path, `${name.group}:${name.name}`);
}

/** The program's folder must exist. */
export function writeRecord(state: StateFolder, name: Name, record: ProgramRecord): void {
  store(recordPath(state, name), state, record);
}

/** Undefined when there is none from this boot. Its durations are those of now. */
export function readRecord(state: StateFolder, name: Name): ProgramRecord | undefined {
  const stored = load<ProgramRecord>(recordPath(state, name), state);
  if (!stored) return undefined;
  const { content, savedAt } = stored;
  return { ...content, process: aged(content.process, Math.max(0, sinceBootMs() - savedAt)) };
}

export function removeRecord(state: StateFolder, name: Name): void {
  rmSync(recordPath(state, name), { force: true });
}

/** The AUTO logs of programs that are gone on with. */
export function keptAutoLogs(state: StateFolder): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const entry of readdirSync(state.path, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const stored = load<ProgramRecord>(join(state.path, entry.name, recordFile), state);
    for (const path of Object.values(stored?.content.autoLogs ?? {})) if (path !== undefined) kept.add(path);
  }
  return kept;
}

/** The active groups, as they are configured. */
export function writeGroups(state: StateFolder, groups: readonly GroupConfig[]): void {
  store(join(state.path, groupsFile), state, groups);
}

/** After an end that has stopped everything there is nothing to go on with. */
export function forgetGroups(state: StateFolder): void {
  rmSync(join(state.path, groupsFile), { force: true });
}

export function readGroupsOfBefore(state: StateFolder): readonly GroupConfig[] {
  return load<readonly GroupConfig[]>(join(state.path, groupsFile), state)?.content ?? [];
}

/** Removes the folders of all other programs. */
export function forgetOthers(state: StateFolder, kept: readonly Name[]): void {
  const folders = new Set(kept.map((name) => programFolder(state, name)));
  for (const entry of readdirSync(state.path, { withFileTypes: true })) {
    const folder = join(state.path, entry.name);
    if (entry.isDirectory() && !folders.has(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

function recordPath(state: StateFolder, name: Name): string {
  return join(programFolder(state, name), recordFile);
}
