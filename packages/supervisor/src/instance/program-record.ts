import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupConfig } from '../config/groups.ts';
import type { ProcessConfig } from '../config/program.ts';
import type { ProcessIdentity } from '../process/adopt.ts';
import { aged, type ProcessSnapshot } from '../process/snapshot.ts';

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

interface Stored<T> {
  readonly format: 2;
  /** A restart of the machine ends every program: a record from before it says nothing. */
  readonly boot: string;
  /** Milliseconds since that boot. */
  readonly savedAt: number;
  readonly content: T;
}

const recordFile = 'program.json';
const groupsFile = 'groups.json';

/** The folder of a program below the supervisor's state directory: its FIFOs and its record. */
export function programFolder(stateDirectory: string, name: Name): string {
  return join(stateDirectory, `${name.group}:${name.name}`);
}

/**
 * Written at once and not asynchronously, so that a kill of the supervisor finds it; not fsynced, since what would lose
 * it (loss of power) ends the programs as well.
 */
export function writeRecord(stateDirectory: string, name: Name, record: ProgramRecord): void {
  const folder = programFolder(stateDirectory, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  store(join(folder, recordFile), record);
}

/** Undefined when there is none from this boot. Its durations are those of now. */
export function readRecord(stateDirectory: string, name: Name): ProgramRecord | undefined {
  const stored = load<ProgramRecord>(join(programFolder(stateDirectory, name), recordFile));
  if (!stored) return undefined;
  const { content, savedAt } = stored;
  return { ...content, process: aged(content.process, Math.max(0, sinceBootMs() - savedAt)) };
}

export function removeRecord(stateDirectory: string, name: Name): void {
  rmSync(join(programFolder(stateDirectory, name), recordFile), { force: true });
}

/** The AUTO logs of programs that are gone on with. */
export function keptAutoLogs(stateDirectory: string): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const entry of readdirSync(stateDirectory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const stored = load<ProgramRecord>(join(stateDirectory, entry.name, recordFile));
    for (const path of Object.values(stored?.content.autoLogs ?? {})) if (path !== undefined) kept.add(path);
  }
  return kept;
}

/** The active groups, as they are configured. */
export function writeGroups(stateDirectory: string, groups: readonly GroupConfig[]): void {
  store(join(stateDirectory, groupsFile), groups);
}

/** After an end that has stopped everything there is nothing to go on with. */
export function forgetGroups(stateDirectory: string): void {
  rmSync(join(stateDirectory, groupsFile), { force: true });
}

export function readGroupsOfBefore(stateDirectory: string): readonly GroupConfig[] {
  return load<readonly GroupConfig[]>(join(stateDirectory, groupsFile))?.content ?? [];
}

/** Removes the folders of all other programs. */
export function forgetOthers(stateDirectory: string, kept: readonly Name[]): void {
  const folders = new Set(kept.map((name) => programFolder(stateDirectory, name)));
  for (const entry of readdirSync(stateDirectory, { withFileTypes: true })) {
    const folder = join(stateDirectory, entry.name);
    if (entry.isDirectory() && !folders.has(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** The kernel's own clock: the one that goes on while there is no supervisor. */
export function sinceBootMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
}

function store(path: string, content: unknown): void {
  const stored: Stored<unknown> = { format: 2, boot: currentBoot(), savedAt: sinceBootMs(), content };
  writeFileSync(`${path}.new`, JSON.stringify(stored), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function load<T>(path: string): Stored<T> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stored = JSON.parse(text) as Stored<T>;
    return stored.format === 2 && stored.boot === currentBoot() ? stored : undefined;
  } catch {
    // A loss of power can leave any content; the programs are gone with it.
    return undefined;
  }
}

function currentBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
