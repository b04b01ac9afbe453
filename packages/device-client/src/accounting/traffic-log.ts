import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { TrafficEntry } from './entry.ts';
import { PendingTraffic } from './pending-traffic.ts';
import {
  isBusy,
  isDamaged,
  LaterSchemaError,
  openTrafficDatabase,
  writeTraffic,
} from './traffic-database.ts';

export interface TrafficLogOptions {
  /** The accounting database; made when missing, its folder is not. */
  readonly file: string;
  /** Longest time until a request is written, milliseconds; 1 s. */
  readonly flushMs?: number | undefined;
}

// SQLite waits in the calling thread: shorter than anybody notices. What could not be written waits for the next time.
const usualBusyMs = 10;
/** At the end there is no next time. */
const lastBusyMs = 500;
const longestPauseMs = 60_000;
const pendingLimits = { requests: 2_000, totals: 500 };
/** Written without waiting for the next time, so that a burst of requests does not run into the limit. */
const group = 1_000;

/**
 * Accounts for requests in the background, in groups. It never throws and never waits: while the file cannot be
 * written (another writer, a full disk, no permission), what is there waits, bounded, and `problem` says why.
 *
 * Many processes may write to one file. Within a process, clients should share one log.
 */
export class TrafficLog {
  readonly file: string;
  readonly #flushMs: number;
  readonly #pending = new PendingTraffic(pendingLimits);
  readonly #atExit = () => this.close();
  #database: DatabaseSync | undefined;
  #timer: NodeJS.Timeout | undefined;
  #inode: number | undefined;
  #suspect = false;
  #busyMs = usualBusyMs;
  #failures = 0;
  #problem: unknown;
  #closed = false;

  constructor(options: TrafficLogOptions) {
    this.file = options.file;
    this.#flushMs = options.flushMs ?? 1000;
  }

  /** Requests that were not accounted for in full, since the file could not be written for too long. */
  get dropped(): number {
    return this.#pending.dropped;
  }

  /** Why the file could not be written the last time; undefined when it could. */
  get problem(): unknown {
    return this.#problem;
  }

  append(entry: TrafficEntry): void {
    this.#pending.add(entry);
    // After the end there is no timer any more.
    if (this.#closed) this.close();
    else if (this.#pending.requests.length === group && this.#problem === undefined) this.#plan(0);
    else this.#plan();
  }

  /** Writes what is pending now. False when that failed; it is tried again later. */
  flush(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.isEmpty) return true;
    try {
      writeTraffic(this.#open(), this.#pending);
    } catch (error) {
      this.#problem = error;
      this.#suspect = isDamaged(error);
      this.#failures = isBusy(error) ? 0 : this.#failures + 1;
      // A file that is damaged or gone is opened anew the next time.
      if (!isBusy(error)) this.#letGo();
      if (!this.#closed) this.#plan();
      return false;
    }
    this.#pending.clear();
    this.#problem = undefined;
    this.#failures = 0;
    process.off('exit', this.#atExit);
    return true;
  }

  /** Writes what is pending and lets the file go. What is appended later is written at once. */
  close(): void {
    this.#closed = true;
    if (!this.flush() && isBusy(this.#problem)) {
      this.#letGo();
      this.#busyMs = lastBusyMs;
      this.flush();
    }
    clearTimeout(this.#timer);
    process.off('exit', this.#atExit);
    this.#letGo();
  }

  #plan(soonestMs?: number): void {
    if (this.#problem instanceof LaterSchemaError) return;
    if (this.#timer && soonestMs === undefined) return;
    clearTimeout(this.#timer);
    const pause = Math.min(this.#flushMs * 2 ** this.#failures, Math.max(longestPauseMs, this.#flushMs));
    this.#timer = setTimeout(() => void this.flush(), soonestMs ?? pause);
    // Nobody waits for this: a process that is done may end, and writes what is left then.
    this.#timer.unref();
    process.off('exit', this.#atExit);
    // Node.js warns of a leak beyond this many; a program with that many logs closes them.
    if (process.listenerCount('exit') < process.getMaxListeners()) process.on('exit', this.#atExit);
  }

  /** The file as it is there now: another process may have set it aside, or somebody may have deleted it. */
  #open(): DatabaseSync {
    const inode = statSync(this.file, { throwIfNoEntry: false })?.ino;
    if (this.#database && inode === this.#inode) return this.#database;
    this.#letGo();
    this.#database = openTrafficDatabase(this.file, this.#busyMs, this.#suspect);
    this.#suspect = false;
    this.#inode = statSync(this.file, { throwIfNoEntry: false })?.ino;
    return this.#database;
  }

  #letGo(): void {
    const database = this.#database;
    this.#database = undefined;
    try {
      database?.close();
    } catch (error) {
      this.#problem = error;
    }
  }
}
