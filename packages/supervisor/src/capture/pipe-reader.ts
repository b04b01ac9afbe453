import { readSync } from 'node:fs';
import type { KernelCalls } from './kernel-calls.ts';
import type { OutputSink } from './output-sink.ts';
import { chunkBytes, OutputSpool } from './output-spool.ts';
import { RotatedLog } from './rotated-log.ts';
import type { SecondPipe } from './second-pipe.ts';

/** Of what goes straight to a log: as much as a pipe holds. The writer waits meanwhile; more often if it were less. */
const mostAtOnce = 1024 * 1024;

/**
 * Takes output out of the pipes of all programs: to its log at once, if there is much of it by way of the second pipe; or
 * by way of the spool, where that can be had.
 */
export class PipeReader {
  readonly #kernel: KernelCalls | undefined;
  readonly #buffer = new Uint8Array(chunkBytes);
  readonly #onTrouble: (error: unknown) => void;
  readonly #second: SecondPipe | undefined;
  #spool: OutputSpool | undefined;

  /** `onTrouble` is told once when the spool cannot be used; a kill can lose one chunk then. */
  constructor(
    directory: string,
    kernel: KernelCalls | undefined,
    onTrouble: (error: unknown) => void,
    second?: SecondPipe,
  ) {
    this.#kernel = kernel;
    this.#second = second;
    this.#onTrouble = onTrouble;
    if (kernel) this.#orWithoutSpool(() => (this.#spool = new OutputSpool(directory, kernel)));
  }

  /** Whether a kill loses nothing of what was read. */
  get isSafe(): boolean {
    return this.#spool !== undefined;
  }

  /** Whether `waiting` knows. */
  get canTellWaiting(): boolean {
    return this.#kernel !== undefined;
  }

  /** False when it stays as it is. */
  setPipeSize(pipe: number, bytes: number): boolean {
    return this.#kernel?.setPipeSize(pipe, bytes) ?? false;
  }

  /** How many bytes are in a pipe; 0 where that cannot be told. */
  waiting(pipe: number): number {
    return this.#kernel?.waiting(pipe) ?? 0;
  }

  /** Gives at most one chunk of what is in a pipe to its sink, and its length; 0 when the pipe is empty. */
  take(pipe: number, sink: OutputSink): number {
    // An empty pipe is what is met most often, and the error of reading it is dear.
    const waiting = this.#kernel?.waiting(pipe);
    if (waiting === 0) return 0;
    const log = sink.plainLog;
    const count = log && waiting ? (this.#second?.fill(pipe, waiting, log) ?? 0) : 0;
    if (count === 0) return this.#takeStraight(pipe, sink);
    this.#emptySecond(sink);
    return count;
  }

  /** Writes what a killed supervisor left in the second pipe to its log, and ends its keeper. Gives the number of bytes. */
  recover(onTrouble: (message: string) => void): number {
    const owner = this.#second && this.waiting(this.#second.pipe) > 0 ? this.#second.owner() : undefined;
    const log = owner && new RotatedLog({ ...owner, maxBytes: 0, backups: 0, onTrouble });
    const count = this.#emptySecond({
      plainLog: log,
      position: () => log?.position(),
      write: (chunk) => log?.write(chunk),
    });
    log?.close();
    this.#second?.endKeeper();
    return count;
  }

  #emptySecond(sink: OutputSink): number {
    let total = 0;
    for (let count = 1; this.#second && count > 0 && this.waiting(this.#second.pipe) > 0; total += count)
      count = this.#takeStraight(this.#second.pipe, sink);
    return total;
  }

  #takeStraight(pipe: number, sink: OutputSink): number {
    const moved = this.#kernel ? (sink.plainLog?.takeFrom(pipe, mostAtOnce, this.#kernel) ?? 0) : 0;
    if (moved > 0) return moved;
    const passed = this.#orWithoutSpool(() => this.#spool?.pass(pipe, sink)) ?? 0;
    if (passed > 0) return passed;
    // Empty, or the file system of the spool is full.
    const count = readAvailable(pipe, this.#buffer);
    if (count > 0) sink.write(this.#buffer.subarray(0, count));
    return count;
  }

  close(): void {
    this.#second?.close();
    this.#closeSpool();
  }

  #closeSpool(): void {
    this.#spool?.close();
    this.#spool = undefined;
  }

  #orWithoutSpool<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#closeSpool();
      this.#onTrouble(error);
      return undefined;
    }
  }
}

function readAvailable(file: number, buffer: Uint8Array): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
