/** Why a tarball is refused. */
export type ArchiveProblem =
  | 'NOT_GZIP'
  | 'TRUNCATED'
  | 'DAMAGED'
  | 'TRAILING_DATA'
  | 'TOO_MANY_ENTRIES'
  | 'TOO_LARGE'
  | 'BOMB'
  | 'UNSAFE_PATH'
  | 'UNSAFE_LINK'
  | 'UNSUPPORTED_ENTRY'
  | 'DUPLICATE_ENTRY'
  | 'NO_INSTALLER'
  | 'INSTALLER_NOT_RUNNABLE'
  | 'HOOK_NOT_RUNNABLE'
  | 'SUPERVISOR_CONF'
  | 'MANIFEST';

/** A tarball that is refused; the only class of error that reading one throws, but for errors of its source. */
export class ArchiveError extends Error {
  readonly code: ArchiveProblem;

  constructor(code: ArchiveProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An entry's path as it may stand in a message or a log line. */
export function shown(path: string): string {
  const text = path.length > 120 ? `${path.slice(0, 120)}...` : path;
  return JSON.stringify(text);
}
