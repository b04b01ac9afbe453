import { execFile } from 'node:child_process';
import { chownSync, closeSync, constants, type FSWatcher, openSync, statSync, watch } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '@gateway-engine/host';
import type { KernelCalls } from './kernel-calls.ts';
import type { OutputPump, PumpedPipe } from './output-pump.ts';
import type { OutputSink } from './output-sink.ts';
import { type PipeReader, pipeBytes } from './pipe-reader.ts';
import type { Sweep } from './sweep.ts';

const defaultPipeBytes = 64 * 1024;
/** To be bounded, since the program may go on writing faster than we read. */
const mostInDrain = 4 * 1024 * 1024;
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
export class OutputChannel implements PumpedPipe {
  readonly #path: string;
  readonly #sink: OutputSink;
  readonly #onError: (error: unknown) => void;
  readonly #reader: PipeReader;
  readonly #clock: Clock;
  readonly #pump: OutputPump;
  readonly #sweep: Sweep;
  readonly #lookAgain = () => this.#lookForMissed();
  #file: number | undefined;
  #notices: FSWatcher | undefined;
  #poll: { cancel(): void } | undefined;
  readonly #pipeBytes: number;

  /** The FIFO at `path` must exist: see `makeFifos`. What is in it already is taken up too. */
  constructor(
    path: string,
    sink: OutputSink,
    parts: {
      clock: Clock;
      reader: PipeReader;
      pump: OutputPump;
      sweep: Sweep;
      onError: (error: unknown) => void;
    },
  ) {
    this.#path = path;
    this.#sink = sink;
    this.#clock = parts.clock;
    this.#reader = parts.reader;
    this.#pump = parts.pump;
    this.#sweep = parts.sweep;
    this.#onError = parts.onError;
    this.#file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#pipeBytes = this.#reader.setPipeSize(this.#file, pipeBytes) ? pipeBytes : defaultPipeBytes;
    this.#watch();
    this.#pump.wake(this);
  }

  /** A file descriptor to give to the program; the caller closes it after that. */
  openForProgram(): number {
    return openSync(this.#path, constants.O_RDWR);
  }

  /** Takes up what is in the pipe now, so that a log is complete before the end of its program is told. */
  drain(): void {
    for (let total = 0, count = 1; count > 0 && total < mostInDrain; total += count) count = this.take();
  }

  close(): void {
    this.#unwatch();
    this.#pump.remove(this);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  get batchBytes(): number {
    return this.#pipeBytes / 8;
  }

  waiting(): number | undefined {
    return this.#file === undefined ? 0 : this.#reader.waiting(this.#file);
  }

  take(): number {
    if (this.#file === undefined) return 0;
    try {
      const count = this.#reader.take({ path: this.#path, file: this.#file }, this.#sink);
      // Each notice costs the writer as well, and none is needed as long as every look finds a good deal.
      if (count >= this.#pipeBytes / 64) this.#unwatch();
      return count;
    } catch (error) {
      this.close();
      this.#onError(error);
      return 0;
    }
  }

  rest(): boolean {
    if (this.#isWatched || this.#file === undefined) return true;
    this.#watch();
    return false;
  }

  #noticed(): void {
    this.#sweep.noticed();
    this.#pump.wake(this);
  }

  /** Whether there may be something. */
  #lookForMissed(): boolean {
    if (this.waiting() === 0) return false;
    this.#pump.wake(this);
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
      this.#pump.wake(this);
      this.#startPolling();
    });
  }
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/**
 * Blocks for about as long as a program at full speed takes to fill a third of its pipe. By the monotonic clock: what waits
 * in Bun otherwise goes by the wall clock, and would wait for an hour that this is set back.
 */
export function napWhilePipesFill(kernel: KernelCalls | undefined): void {
  const ms = (bytes: number) => (0.2 * bytes) / (1024 * 1024);
  if (kernel) kernel.sleep(ms(pipeBytes) * 1000);
  else Atomics.wait(nobody, 0, 0, ms(defaultPipeBytes));
}

/** Makes those of the FIFOs that are not there yet; one that is there may still be in use by a program. */
export async function makeFifos(paths: readonly string[], owner: { uid: number; gid: number } | undefined) {
  const missing = paths.filter((path) => !statSync(path, { throwIfNoEntry: false })?.isFIFO());
  if (missing.length > 0) await promisify(execFile)('mkfifo', ['-m', '600', '--', ...missing]);
  // A program that opens /dev/stdout needs permission on the FIFO itself.
  if (owner && owner.uid !== process.getuid?.())
    for (const path of paths) chownSync(path, owner.uid, owner.gid);
}
