import { closeSync, openSync, readFileSync, write } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '@gateway-engine/host';
import type { SupervisorLog } from '../log.ts';
import { readOwnCgroups } from './cgroup-mounts.ts';

/**
 * Lets the kernel begin early with what a move to another cgroup waits for: a grace period of RCU, 10 ms on a quiet
 * machine, which serves all moves that come before it is over or soon after. So a start that is near need not wait for
 * it when the rest is ready.
 *
 * It is had by writing our own pid to the cgroup that we are in, which moves nothing but waits as a move does; in
 * another thread.
 */
export class EarlyGrace {
  readonly #log: SupervisorLog;
  /** What enters the cgroup that /proc/self/cgroup tells of with the text `of`. */
  #entry: { readonly of: string; readonly file: number } | undefined;
  #isUnderWay = false;
  #isClosed = false;

  constructor(log: SupervisorLog) {
    this.#log = log;
  }

  begin(): void {
    if (this.#isUnderWay || this.#isClosed) return;
    try {
      const file = this.#ownEntry();
      if (file === undefined) return;
      this.#isUnderWay = true;
      write(file, String(process.pid), (error) => {
        this.#isUnderWay = false;
        if (error) this.#failed(error);
        if (this.#isClosed) this.#forgetEntry();
      });
    } catch (error) {
      this.#failed(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    // Not below the feet of the other thread: the number of the file would be another's.
    if (!this.#isUnderWay) this.#forgetEntry();
  }

  /** Looked up each time: somebody may have moved us, and is not to find us moved back. */
  #ownEntry(): number | undefined {
    const of = readFileSync('/proc/self/cgroup', 'utf8');
    if (this.#entry?.of === of) return this.#entry.file;
    this.#forgetEntry();
    const directory = readOwnCgroups().unified;
    if (directory === undefined) return undefined;
    this.#entry = { of, file: openSync(join(directory, 'cgroup.procs'), 'r+') };
    return this.#entry.file;
  }

  #forgetEntry(): void {
    if (this.#entry) closeSync(this.#entry.file);
    this.#entry = undefined;
  }

  #failed(error: unknown): void {
    this.#log.debug(`a start may have to wait for its cgroup: ${describeError(error)}`);
  }
}
