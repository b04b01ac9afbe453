import { execFile } from 'node:child_process';
import { chownSync, constants, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

/**
 * One stream of output of a program: a FIFO whose name outlives both sides.
 *
 * A FIFO and not Node's own pipe, because that is a socket, and a program cannot open /dev/stdout when it is one
 * (shell scripts do). Both sides open it for reading and writing: the program then meets no EPIPE when its
 * supervisor dies, and we meet no end of file between two runs of it. It stays open as long as the program is
 * configured, so that what its descendants write after its end is logged too.
 */
export class OutputChannel {
  readonly #path: string;
  readonly #onData: (chunk: Uint8Array) => void;
  #reader: { socket: Socket; file: number } | undefined;

  /** The FIFO at `path` must exist: see `makeFifos`. `onData` must not throw. */
  constructor(path: string, onData: (chunk: Uint8Array) => void, onError: (error: Error) => void) {
    this.#path = path;
    this.#onData = onData;
    const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const socket = new Socket({ fd: file, readable: true, writable: false });
    socket.on('data', onData);
    socket.on('error', (error) => {
      this.#reader = undefined;
      onError(error);
    });
    this.#reader = { socket, file };
  }

  /** A file descriptor to give to the program; the caller closes it after that. */
  openForProgram(): number {
    return openSync(this.#path, constants.O_RDWR);
  }

  /** Takes up what is in the pipe now, so that a log is complete before the end of its program is told. */
  drain(): void {
    if (!this.#reader) return;
    const buffer = new Uint8Array(64 * 1024);
    // Bounded: a descendant may go on writing faster than we read.
    for (let round = 0; round < 32; round++) {
      const count = readAvailable(this.#reader.file, buffer);
      if (count === 0) return;
      this.#onData(buffer.subarray(0, count));
    }
  }

  close(): void {
    this.#reader?.socket.destroy();
    this.#reader = undefined;
  }
}

/** Makes those of the FIFOs that are not there yet; one that is there may still be in use by a program. */
export async function makeFifos(paths: readonly string[], owner: { uid: number; gid: number } | undefined) {
  const missing = paths.filter((path) => !statSync(path, { throwIfNoEntry: false })?.isFIFO());
  if (missing.length > 0) await promisify(execFile)('mkfifo', ['-m', '600', '--', ...missing]);
  // A program that opens /dev/stdout needs permission on the FIFO itself.
  if (owner && owner.uid !== process.getuid?.())
    for (const path of paths) chownSync(path, owner.uid, owner.gid);
}

function readAvailable(file: number, buffer: Uint8Array): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
