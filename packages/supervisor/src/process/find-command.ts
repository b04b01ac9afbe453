import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { splitShellWords } from '../config/shell-words.ts';

/** A program cannot be started; `reason` decides which fault startProcess answers with. */
export class SpawnError extends Error {
  readonly code = 'SPAWN';
  readonly reason: 'not found' | 'not executable' | 'other';

  constructor(reason: SpawnError['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

const defaultPath = ['/bin', '/usr/bin', '/usr/local/bin'];

/**
 * The file and the arguments (with the program's own name first) of a command. A name without a slash is looked for
 * in `path`; one with a slash is taken from the supervisor's own directory, as Supervisor does.
 */
export function findCommand(command: string, path: string | undefined): { file: string; argv: string[] } {
  const argv = split(command);
  const program = argv[0];
  if (program === undefined || program === '') throw new SpawnError('not executable', 'command is empty');
  const candidates = program.includes('/')
    ? [program]
    : searchPath(path).map((folder) => join(folder, program));
  for (const file of candidates) {
    const status = statIfPresent(file);
    if (!status) continue;
    checkExecutable(file, status);
    return { file, argv };
  }
  throw new SpawnError('not found', `can't find command '${program}'`);
}

function split(command: string): string[] {
  try {
    return splitShellWords(command);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpawnError('not executable', `can't parse command '${command}': ${why}`, cause);
  }
}

function searchPath(path: string | undefined): string[] {
  return path === undefined || path === '' ? defaultPath : path.split(':');
}

function statIfPresent(file: string): Stats | undefined {
  try {
    // Most places of a path have none: an error for each would cost more than the start.
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    // ENOENT, ENOTDIR, EACCES on the way, ELOOP: not to be found here, as for a shell.
    return undefined;
  }
}

function checkExecutable(file: string, status: Stats): void {
  if (status.isDirectory()) throw new SpawnError('not executable', `command at '${file}' is a directory`);
  if ((status.mode & 0o111) === 0)
    throw new SpawnError('not executable', `command at '${file}' is not executable`);
  try {
    accessSync(file, constants.X_OK);
  } catch (cause) {
    throw new SpawnError('not executable', `no permission to run command '${file}'`, cause);
  }
}
