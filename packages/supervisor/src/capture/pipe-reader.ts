import { readSync } from 'node:fs';
import { HandOver, type NamedPipe } from './hand-over.ts';
import type { KernelCalls } from './kernel-calls.ts';
import type { OutputSink } from './output-sink.ts';
import { chunkBytes, OutputSpool } from './output-spool.ts';
import type { RotatedLog } from './rotated-log.ts';

/**
 * A program that writes while no supervisor reads goes on until its pipe holds this much, and then waits. Without root
 * rights all pipes of a user share 64 MiB, and other programs would get tiny ones.
 */
export const pipeBytes = process.getuid?.() === 0 ? 1024 * 1024 : 256 * 1024;

/**
 * Takes output out of the pipes of all programs: to its log at once, much of it by handing it over, or by way of the
 * spool, where that can be had.
 */
export class PipeReader {
  readonly #kernel: KernelCalls | undefined;
  readonly #buffer = new Uint8Array(chunkBytes);
  readonly #onTrouble: (error: unknown) => void;
  #handOver: HandOver | undefined;
  #spool: OutputSpool | undefined;

  /** `onTrouble` is told once when the spool cannot be used; a kill can lose one chunk then. */
  constructor(directory: string, kernel: KernelCalls | undefined, onTrouble: (error: unknown) => void) {
    this.#kernel = kernel;
    this.#onTrouble = onTrouble;
    if (!kernel) return;
    this.#orWithoutSpool(() => (this.#spool = new OutputSpool(directory, kernel)));
    this.#orWithoutHandOver(() => (this.#handOver = new HandOver(directory, kernel, pipeBytes)));
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

  /** Gives what is in a pipe to its sink, at most as much as it can hold, and its length; 0 when the pipe is empty. */
  take(pipe: NamedPipe, sink: OutputSink): number {
    const { file } = pipe;
    // An empty pipe is what is met most often, and the error of reading it is dear.
    const waiting = this.#kernel?.waiting(file);
    if (waiting === 0) return 0;
    const moved = this.#moveToLog(pipe, waiting ?? 0, sink.plainLog);
    if (moved > 0) return moved;
    let total = 0;
    for (let count = chunkBytes; count === chunkBytes && total < pipeBytes; total += count)
      count = this.#takeChunk(file, sink);
    return total;
  }

  #moveToLog(pipe: NamedPipe, waiting: number, log: RotatedLog | undefined): number {
    if (!this.#kernel || !log) return 0;
    const handedOver = this.#orWithoutHandOver(() => this.#handOver?.pass(pipe, waiting, log)) ?? 0;
    return handedOver > 0 ? handedOver : log.takeFrom(pipe.file, pipeBytes, this.#kernel);
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
    this.#closeSpool();
    this.#handOver?.close();
    this.#handOver = undefined;
  }

  #closeSpool(): void {
    this.#spool?.close();
    this.#spool = undefined;
  }

  /** Without it the programs are held up longer, and nothing else. */
  #orWithoutHandOver<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      this.#handOver?.close();
      this.#handOver = undefined;
      return undefined;
    }
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
