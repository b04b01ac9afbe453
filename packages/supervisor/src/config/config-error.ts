/** Where a setting stands, for error messages. */
export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A configuration that cannot be used: file, line, section, option, and what is accepted instead. */
export class ConfigError extends Error {
  readonly code = 'SUPERVISOR_CONFIG';
  readonly exitCode = 2;
}

/** A value that cannot be used, before it is known where it stands. */
export class ValueError extends Error {
  readonly code = 'VALUE';
}
