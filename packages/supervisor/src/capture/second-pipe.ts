import { closeSync, constants, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@gateway-engine/host';
import type { KernelCalls } from './kernel-calls.ts';
import { PipeKeeper } from './pipe-keeper.ts';
import type { RotatedLog } from './rotated-log.ts';

/** As much as the pipe of a program can hold. */
const pipeBytes = 1024 * 1024;
/** The keeper is worth its start when a program has so much waiting; while it lives, so much is worth the way. */
const startBytes = 192 * 1024;
const worthBytes = 64 * 1024;
/** Without a busy program the keeper ends; one that ended by itself is not replaced, after an error nothing is tried. */
const idleMs = 60_000;
/** What the kernel writes to a file without looking whether the writer was killed. */
const pageBytes = 4096;

/** Whose output is in the second pipe: what is needed to write it to its log. */
export type Owner = Pick<RotatedLog, 'path' | 'mode'>;

/**
 * The way of busy programs: the kernel hands the pages of a program's pipe over to a second one, which takes no time, and
 * moves them from there to the log while the program writes on. The second pipe is a FIFO that a keeper holds open as
 * well, so that a kill leaves each byte in one of the two pipes or in the log. It is empty between two chunks.
 */
export class SecondPipe {
  readonly pipe: number;
  readonly #kernel: KernelCalls;
  readonly #clock: Clock;
  readonly #onTrouble: (error: unknown) => void;
  readonly #keeper: PipeKeeper;
  readonly #note: number;
  readonly #notePath: string;
  #noted: Owner | undefined;
  #usedAt = 0;
  #keeperNotBefore = Number.NEGATIVE_INFINITY;
  #notBefore = Number.NEGATIVE_INFINITY;
  #look: { cancel(): void } | undefined;

  /** Throws when it cannot be made. */
  constructor(
    directory: string,
    kernel: KernelCalls,
    parts: { clock: Clock; onTrouble: (error: unknown) => void },
  ) {
    this.#kernel = kernel;
    this.#clock = parts.clock;
    this.#onTrouble = parts.onTrouble;
    this.#keeper = new PipeKeeper(directory, kernel);
    const path = join(directory, 'second-pipe');
    if (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) {
      rmSync(path, { force: true });
      kernel.makeFifo(path);
    }
    this.pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    kernel.setPipeSize(this.pipe, pipeBytes);
    this.#notePath = join(directory, 'second-pipe.owner');
    this.#note = openSync(this.#notePath, constants.O_WRONLY | constants.O_CREAT, 0o600);
  }

  /** Whose output a killed supervisor left in it; undefined when that is not known. */
  owner(): Owner | undefined {
    const line = readFileSync(this.#notePath, 'utf8').split('\n', 1)[0];
    return line ? (JSON.parse(line) as Owner) : undefined;
  }

  /** Takes what waits in the pipe of a program. Gives the number of bytes; 0 when they should go straight to the log. */
  fill(from: number, waiting: number, log: RotatedLog): number {
    if (waiting < worthBytes || log.droppedBytes > 0 || !log.position()) return 0;
    if (this.#clock.monotonic() < this.#notBefore) return 0;
    // Never anything of two owners.
    if (this.#kernel.waiting(this.pipe) > 0) return 0;
    try {
      if (!this.#keeper.isAlive && !this.#startKeeper(waiting)) return 0;
      if (this.#noted !== log && !this.#noteOwner(log)) return 0;
    } catch (error) {
      this.#onTrouble(error);
      this.#notBefore = this.#clock.monotonic() + idleMs;
      return 0;
    }
    this.#usedAt = this.#clock.monotonic();
    return this.#kernel.moveToPipe(from, this.pipe, pipeBytes);
  }

  /** The one of this supervisor, or of the one before. The pipe must be empty. */
  endKeeper(): void {
    this.#look?.cancel();
    this.#keeper.end();
    this.#keeperNotBefore = Number.NEGATIVE_INFINITY;
  }

  /** It must be empty. */
  close(): void {
    this.endKeeper();
    closeSync(this.pipe);
    closeSync(this.#note);
  }

  #startKeeper(waiting: number): boolean {
    const now = this.#clock.monotonic();
    if (waiting < startBytes || now < this.#keeperNotBefore) return false;
    this.#keeperNotBefore = now + idleMs;
    this.#keeper.start(this.pipe, this.#onTrouble);
    this.#lookWhenIdle();
    return true;
  }

  /** In one write and within a page, so that a kill leaves no half of it. */
  #noteOwner(log: RotatedLog): boolean {
    const { path, mode } = log;
    const text = Buffer.from(`${JSON.stringify({ path, mode })}\n`);
    if (text.length > pageBytes) return false;
    this.#noted = undefined;
    writeSync(this.#note, text, 0, text.length, 0);
    this.#noted = log;
    return true;
  }

  #lookWhenIdle(): void {
    const look = () => {
      const left = this.#usedAt + idleMs - this.#clock.monotonic();
      if (left > 0) this.#look = this.#clock.after(left, look);
      else this.endKeeper();
    };
    this.#look?.cancel();
    this.#look = this.#clock.after(idleMs, look);
  }
}
