import { closeSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A cgroup of version 2 that holds the processes of one program, whatever sessions and process groups they make.
 * Its directory need not exist: then nothing is in it.
 */
export class ProgramCgroup {
  readonly directory: string;
  readonly #hasKill: boolean;

  /** `hasKill`: whether the kernel has cgroup.kill (5.14); without it processes are killed one by one. */
  constructor(directory: string, hasKill = true) {
    this.directory = directory;
    this.#hasKill = hasKill;
  }

  /** Process ids, also of cgroups that the program made below its own. */
  members(): number[] {
    return descend(this.directory).flatMap(processesIn);
  }

  isPopulated(): boolean {
    return /^populated 1$/m.test(readOr(join(this.directory, 'cgroup.events'), ''));
  }

  /** Ends everything in it with SIGKILL, also what is about to fork. Does not wait until all is gone. */
  kill(): void {
    if (this.#hasKill) {
      try {
        writeFileSync(join(this.directory, 'cgroup.kill'), '1', { flag: 'r+' });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    // Each round kills also what was forked during the one before; a fork bomb loses since it must fork to live on.
    for (let round = 0; round < 100; round++) {
      const alive = this.members();
      if (alive.length === 0) return;
      for (const pid of alive) send(pid, 'SIGKILL');
      if (!this.isPopulated()) return;
    }
  }

  /** Sends a signal to its members outside of the process group `except`. */
  signalOutside(except: number, signal: NodeJS.Signals, groupOf: (pid: number) => number | undefined): void {
    for (const pid of this.members()) if (groupOf(pid) !== except) send(pid, signal);
  }

  /** Removes the directory. False while something is in it. */
  remove(): boolean {
    return removeCgroup(this.directory);
  }
}

/** Removes a cgroup and those below it. False while a process is in one of them. */
export function removeCgroup(directory: string): boolean {
  // Most have none below: those are not looked for before they are known to be in the way.
  if (removeOne(directory)) return true;
  return descend(directory).reverse().every(removeOne);
}

function removeOne(directory: string): boolean {
  try {
    rmdirSync(directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EBUSY') return false;
    if (code !== 'ENOENT') throw error;
  }
  return true;
}

/** The directory and those below it, parents first. */
function descend(directory: string): string[] {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [directory, ...below.flatMap((entry) => descend(join(directory, entry.name)))];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function processesIn(directory: string): number[] {
  return readOr(join(directory, 'cgroup.procs'), '')
    .split('\n')
    .filter((line) => line !== '' && line !== '0') // 0: of another pid namespace
    .map(Number);
}

/** A number in a file of `key number` lines; 0 where there is none. */
export function counter(file: string, key: string): number {
  const line = readOr(file, '')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${key} `));
  return Number(line?.slice(key.length + 1) ?? 0);
}

function readOr(file: string, fallback: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // ENODEV: removed between opening and reading.
    if (isGone(error)) return fallback;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // EPERM: went on as another user, and we are not root.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Moves this process into a cgroup. */
export function enterCgroup(directory: string): void {
  const file = openSync(join(directory, 'cgroup.procs'), 'r+');
  try {
    writeFileSync(file, String(process.pid));
  } finally {
    closeSync(file);
  }
}
