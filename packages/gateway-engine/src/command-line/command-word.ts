import type { GweCommand } from './gwe-command.ts';

export interface CommandWord {
  /** For `gwe --help`. */
  readonly summary: string;
  readonly load: () => Promise<GweCommand>;
}
