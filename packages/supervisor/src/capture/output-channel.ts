import { execFile } from 'node:child_process';
import { chownSync, closeSync, constants, type FSWatcher, openSync, statSync, watch } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '@gateway-engine/host';
import type { OutputSink } from './output-sink.ts';
import type { PipeReader } from './pipe-reader.ts';
import type { Sweep } from './sweep.ts';

/**
 * A program that writes while no supervisor reads goes on until its pipe holds this much, and then waits. Without root
 * rights all pipes of a user share 64 MiB, and other programs would get tiny ones.
 */
const pipeBytes = process.getuid?.() === 0 ? 1024 * 1024 : 256 * 1024;
const defaultPipeBytes = 64 * 1024;
/** So much of one channel is read before it is the turn of the others. */
const turnBytes = 4 * 1024 * 1024;
/**
 * Output is let come together: a program that writes line by line would else cost a turn for each of them. It is also
 * longer than Bun keeps quiet about what follows a notice.
 */
const pauseMs = 4;
/** After a busy time: the writer may only have been interrupted. */
const shortPauseMs = 1;
const mostNaps = 5;
const napMs = 0.3;
const lookWithoutNoticesMs = 50;

/**
 * One stream of output of a program: a FIFO whose name outlives both sides.
 *
 * A FIFO and not Node's own pipe, because that is a socket, and a program cannot open /dev/stdout when it is one
 * (shell scripts do). Both sides open it for reading and writing: the program then meets no EPIPE when its
 * supervisor dies, and we meet no end of file between two runs of it. It stays open as long as the program is
 * configured, so that what its descendants write after its end is logged too.
 *
 * The kernel tells of new output by inotify, which works for a FIFO as for any file with a name. A stream of Node.js
 * would take the bytes out of the pipe by itself, at a moment when nothing is prepared for a kill; and Bun has none
 * for a FIFO.
 */
export class OutputChannel {
  readonly #path: string;
  readonly #sink: OutputSink;
  readonly #onError: (error: unknown) => void;
  readonly #reader: PipeReader;
  readonly #clock: Clock;
  readonly #sweep: Sweep;
  readonly #lookAgain = () => this.#lookForMissed();
  #file: number | undefined;
  #notices: FSWatcher | undefined;
  #poll: { cancel(): void } | undefined;
  #turn: { cancel(): void } | undefined;
  readonly #pipeBytes: number;
  #isBusy = false;

  /** The FIFO at `path` must exist: see `makeFifos`. What is in it already is taken up too. */
  constructor(
    path: string,
    sink: OutputSink,
    parts: { clock: Clock; reader: PipeReader; sweep: Sweep; onError: (error: unknown) => void },
  ) {
    this.#path = path;
    this.#sink = sink;
    this.#clock = parts.clock;
    this.#reader = parts.reader;
    this.#sweep = parts.sweep;
    this.#onError = parts.onError;
    this.#file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#pipeBytes = this.#reader.setPipeSize(this.#file, pipeBytes) ? pipeBytes : defaultPipeBytes;
    this.#watch();
    this.#wake();
  }

  /** A file descriptor to give to the program; the caller closes it after that. */
  openForProgram(): number {
    return openSync(this.#path, constants.O_RDWR);
  }

  /** Takes up what is in the pipe now, so that a log is complete before the end of its program is told. */
  drain(): void {
    this.#read();
  }

  close(): void {
    this.#unwatch();
    this.#turn?.cancel();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #wake(): void {
    if (this.#file === undefined || this.#turn) return;
    const turn = setImmediate(() => this.#takeTurn(false));
    this.#turn = { cancel: () => clearImmediate(turn) };
  }

  #takeTurn(afterPause: boolean): void {
    this.#turn = undefined;
    const count = this.#read();
    if (this.#file === undefined) return;
    const wasBusy = this.#isBusy;
    this.#isBusy = count >= this.#pipeBytes / 8;
    // Each notice costs the writer as well, and none is needed as long as every look finds a good deal.
    if (count >= this.#pipeBytes / 64) this.#unwatch();
    // Only a turn after a pause tells that there is nothing more: see `pauseMs`.
    const isDone = count === 0 && afterPause;
    if (isDone && this.#isWatched) return;
    if (isDone) this.#watch();
    if (this.#isBusy) this.#wake();
    else this.#turn = this.#clock.after(wasBusy ? shortPauseMs : pauseMs, () => this.#takeTurn(!wasBusy));
  }

  /**
   * Gives how many bytes were read. Bounded: the program may go on writing faster than we read. A program that fills its
   * pipe is waited for: the timers of the runtime would be too coarse to keep up with it.
   */
  #read(): number {
    let total = 0;
    let sinceNap = 0;
    try {
      for (let naps = 0; this.#file !== undefined && total < turnBytes; ) {
        const count = this.#reader.take(this.#file, this.#sink);
        total += count;
        sinceNap += count;
        if (count > 0) continue;
        if (sinceNap < this.#pipeBytes / 64 || naps === mostNaps) break;
        sinceNap = 0;
        naps += 1;
        nap();
      }
    } catch (error) {
      this.close();
      this.#onError(error);
    }
    return total;
  }

  #noticed(): void {
    this.#sweep.noticed();
    this.#wake();
  }

  /** Whether there may be something. */
  #lookForMissed(): boolean {
    if (this.#file === undefined) return false;
    if (this.#reader.canTellWaiting && this.#reader.waiting(this.#file) === 0) return false;
    this.#wake();
    return true;
  }

  get #isWatched(): boolean {
    return this.#notices !== undefined || this.#poll !== undefined;
  }

  #watch(): void {
    try {
      const notices = watch(this.#path, { persistent: true }, () => this.#noticed());
      this.#notices = notices;
      notices.on('error', () => {
        if (this.#notices !== notices) return;
        this.#unwatch();
        this.#startPolling();
      });
      this.#sweep.add(this.#lookAgain);
    } catch {
      // Too many watches on this machine: looking into the pipe does it, a little later and at a little more cost.
      this.#startPolling();
    }
  }

  #unwatch(): void {
    this.#notices?.close();
    this.#notices = undefined;
    this.#sweep.remove(this.#lookAgain);
    this.#poll?.cancel();
    this.#poll = undefined;
  }

  #startPolling(): void {
    if (this.#file === undefined) return;
    this.#poll = this.#clock.after(lookWithoutNoticesMs, () => {
      this.#wake();
      this.#startPolling();
    });
  }
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

function nap(): void {
  Atomics.wait(nobody, 0, 0, napMs);
}

/** Makes those of the FIFOs that are not there yet; one that is there may still be in use by a program. */
export async function makeFifos(paths: readonly string[], owner: { uid: number; gid: number } | undefined) {
  const missing = paths.filter((path) => !statSync(path, { throwIfNoEntry: false })?.isFIFO());
  if (missing.length > 0) await promisify(execFile)('mkfifo', ['-m', '600', '--', ...missing]);
  // A program that opens /dev/stdout needs permission on the FIFO itself.
  if (owner && owner.uid !== process.getuid?.())
    for (const path of paths) chownSync(path, owner.uid, owner.gid);
}
