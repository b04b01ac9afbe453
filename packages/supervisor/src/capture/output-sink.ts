import type { LogPosition, RotatedLog } from './rotated-log.ts';

/** Where a channel's output goes. Neither may throw. */
export interface OutputSink {
  write(chunk: Uint8Array): void;
  /** Undefined when no log is kept. */
  position(): LogPosition | undefined;
  /** The log, when all that is done with output is to write it there. */
  readonly plainLog: RotatedLog | undefined;
}
