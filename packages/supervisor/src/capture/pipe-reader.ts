import { readSync } from 'node:fs';
import type { KernelCalls } from './kernel-calls.ts';
import type { OutputSink } from './output-sink.ts';
import { chunkBytes, OutputSpool } from './output-spool.ts';

/** Of what goes straight to a log: as much as a pipe holds. The writer waits meanwhile; more often if it were less. */
const mostAtOnce = 1024 * 1024;

/** Takes output out of the pipes of all programs: to its log at once, or by way of the spool, where that can be had. */
export class PipeReader {
  readonly #kernel: KernelCalls | undefined;
  readonly #buffer = new Uint8Array(chunkBytes);
  readonly #onTrouble: (error: unknown) => void;
  #spool: OutputSpool | undefined;

  /** `onTrouble` is told once when the spool cannot be used; a kill can lose one chunk then. */
  constructor(directory: string, kernel: KernelCalls | undefined, onTrouble: (error: unknown) => void) {
    this.#kernel = kernel;
    this.#onTrouble = onTrouble;
    if (kernel) this.#orWithoutSpool(() => (this.#spool = new OutputSpool(directory, kernel)));
  }

  /** Whether a kill loses nothing of what was read. */
  get isSafe(): boolean {
    return this.#spool !== undefined;
  }

  /** False when it stays as it is. */
  setPipeSize(pipe: number, bytes: number): boolean {
    return this.#kernel?.setPipeSize(pipe, bytes) ?? false;
  }

  /** How many bytes are in a pipe; undefined where that cannot be told. */
  waiting(pipe: number): number | undefined {
    return this.#kernel?.waiting(pipe);
  }

  /** Gives what is in a pipe to its sink, at most 1 MiB of it, and its length; 0 when the pipe is empty. */
  take(pipe: number, sink: OutputSink): number {
    // An empty pipe is what is met most often, and the error of reading it is dear.
    if (this.#kernel?.waiting(pipe) === 0) return 0;
    const moved = this.#kernel ? (sink.plainLog?.takeFrom(pipe, mostAtOnce, this.#kernel) ?? 0) : 0;
    if (moved > 0) return moved;
    let total = 0;
    for (let count = chunkBytes; count === chunkBytes && total < mostAtOnce; total += count)
      count = this.#takeChunk(pipe, sink);
    return total;
  }

  #takeChunk(pipe: number, sink: OutputSink): number {
    const passed = this.#orWithoutSpool(() => this.#spool?.pass(pipe, sink)) ?? 0;
    if (passed > 0) return passed;
    // Empty, or the file system of the spool is full.
    const count = readAvailable(pipe, this.#buffer);
    if (count > 0) sink.write(this.#buffer.subarray(0, count));
    return count;
  }

  close(): void {
    this.#spool?.close();
    this.#spool = undefined;
  }

  #orWithoutSpool<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.close();
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
