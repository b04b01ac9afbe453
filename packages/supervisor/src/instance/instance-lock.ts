import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Another supervisor has the same pid file or socket. */
export class AlreadyRunningError extends Error {
  readonly code = 'SUPERVISOR_ALREADY_RUNNING';
}

/**
 * Makes sure that there is one supervisor for a pid file. The lock is SQLite's lock on a file, since the kernel frees
 * that whatever way its holder ends, and Node.js has no other one.
 */
export function lockInstance(lockFile: string, pidfile: string): { release(): void } {
  const other = readPid(pidfile);
  const refuse = (cause?: unknown) =>
    new AlreadyRunningError(
      `another supervisor is running with pid file ${pidfile}${other === undefined ? '' : ` (pid ${other})`}; stop it first, or set another pidfile`,
      { cause },
    );
  // A real supervisord takes no lock.
  if (other !== undefined && other !== process.pid && commandLine(other).includes('supervisord'))
    throw refuse();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFile, { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) throw refuse();
    throw new Error(`cannot lock ${lockFile}, which the supervisor must be able to write`, { cause: error });
  }
  const held = database;
  return { release: () => held.close() };
}

export function readPid(pidfile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidfile, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // There is no such process, or it ended just now.
    return '';
  }
}
