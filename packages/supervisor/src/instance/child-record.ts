import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStartTime } from '@gateway-engine/host';
import type { ProcessConfig } from '../config/program.ts';

/** What must be known of a child to find it again, and nothing else by mistake, after the supervisor was killed. */
export interface ChildRecord {
  readonly format: 1;
  readonly name: string;
  readonly group: string;
  readonly pid: number;
  /** With the pid and the boot it names one process for good. */
  readonly startTime: string;
  readonly boot: string;
  readonly stopSignal: NodeJS.Signals;
  readonly stopWaitSeconds: number;
}

const recordFile = 'child.json';

/** The folder of a program below the supervisor's state directory: its FIFOs and its record. */
export function programFolder(stateDirectory: string, config: Pick<ProcessConfig, 'group' | 'name'>): string {
  return join(stateDirectory, `${config.group}:${config.name}`);
}

/**
 * Notes a child that was just started. Written at once and not asynchronously, so that a kill of the supervisor finds
 * the child noted; not fsynced, since what would lose the note (loss of power) ends the child as well.
 */
export function recordChild(stateDirectory: string, config: ProcessConfig, pid: number): void {
  const startTime = processStartTime(pid);
  if (startTime === undefined) return; // It has ended already.
  const record: ChildRecord = {
    format: 1,
    name: config.name,
    group: config.group,
    pid,
    startTime,
    boot: currentBoot(),
    stopSignal: config.stopSignal,
    stopWaitSeconds: config.stopWaitSeconds,
  };
  const folder = programFolder(stateDirectory, config);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, recordFile);
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function forgetChild(stateDirectory: string, config: Pick<ProcessConfig, 'group' | 'name'>): void {
  rmSync(join(programFolder(stateDirectory, config), recordFile), { force: true });
}

/** Removes the folders of programs that are not configured any more. */
export function forgetOthers(
  stateDirectory: string,
  configured: readonly Pick<ProcessConfig, 'group' | 'name'>[],
): void {
  const kept = new Set(configured.map((config) => programFolder(stateDirectory, config)));
  for (const entry of readdirSync(stateDirectory, { withFileTypes: true })) {
    const folder = join(stateDirectory, entry.name);
    if (entry.isDirectory() && !kept.has(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** The noted children that still run: same pid, same start time, same boot. */
export function livingRecords(stateDirectory: string): ChildRecord[] {
  const boot = currentBoot();
  const records: ChildRecord[] = [];
  for (const folder of readdirSync(stateDirectory, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    const record = readRecord(join(stateDirectory, folder.name, recordFile));
    if (record?.boot === boot && processStartTime(record.pid) === record.startTime) records.push(record);
  }
  return records;
}

function readRecord(path: string): ChildRecord | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const record = JSON.parse(text) as ChildRecord;
    return record.format === 1 && Number.isSafeInteger(record.pid) && record.pid > 1 ? record : undefined;
  } catch {
    // A loss of power can leave any content; the child is gone with it.
    return undefined;
  }
}

function currentBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
