import type { ProcessConfig } from '../config/program.ts';
import type { SpawnError } from './find-command.ts';
import type { WaitStatus } from './wait-status.ts';

/** A process that was started, with the process group it leads. */
export interface Child {
  readonly pid: number;
  /** False when there is nobody to signal any more. Throws when it may not be signalled. */
  signal(signal: NodeJS.Signals, target: 'process' | 'group'): boolean;
  groupIsAlive(): boolean;
}

/** How processes are made. */
export interface Launcher {
  /**
   * Starts a program. Throws SpawnError when that is known not to work. Otherwise `ended` is called once, after this
   * has returned and all output was logged; with a SpawnError (and no child returned) when it did not start after all.
   */
  launch(config: ProcessConfig, ended: (outcome: WaitStatus | SpawnError) => void): Child | undefined;
}

/** Takes over a process that runs, or that has just ended, as `Launcher` starts one. */
export type Adopt = (ended: (outcome: WaitStatus) => void) => Child;
