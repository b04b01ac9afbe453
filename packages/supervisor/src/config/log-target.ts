import { parseFilePath } from './values.ts';

export type LogTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** A file of its own in childlogdir, removed at the next start of the supervisor. */
  | { readonly kind: 'auto' }
  | { readonly kind: 'none' };

/** What becomes of one output channel of a program. */
export interface LogConfig {
  readonly target: LogTarget;
  /** The file is set aside when it is as long as this; 0: never. */
  readonly maxBytes: number;
  /** How many files set aside are kept, as FILE.1 to FILE.N. */
  readonly backups: number;
  /** It goes to syslog too. */
  readonly syslog: boolean;
  /** The most that is kept of what stands between the marks of a communication event; 0: marks mean nothing. */
  readonly captureMaxBytes: number;
  /** It becomes events too. */
  readonly eventsEnabled: boolean;
}

/** `syslog` as the name of a file is Supervisor's older way to say NONE and syslog=true. */
export function parseLogTarget(text: string): LogTarget | 'syslog' {
  const word = text.trim().toLowerCase();
  if (word === 'none' || word === 'off') return { kind: 'none' };
  if (word === 'auto') return { kind: 'auto' };
  if (word === 'syslog') return 'syslog';
  return { kind: 'file', path: parseFilePath(text) };
}
