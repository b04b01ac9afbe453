import { closeSync } from 'node:fs';
import { loadForeignCalls } from '@gateway-engine/host';

/**
 * The few calls of the kernel that neither Node.js nor Bun offers.
 */
export interface KernelCalls {
  /** How many bytes are in a pipe. */
  waiting(pipe: number): number;
  /**
   * Moves what is in a pipe to the beginning of a file: one step for the kernel, so that a kill finds a byte either
   * still in the pipe or already in the file. Gives the number of bytes; 0 when there is nothing or it cannot be done.
   */
  moveToFile(pipe: number, file: number, most: number): number;
  /** How long a file is now; below 0 when it has no length. */
  lengthOf(file: number): number;
  /**
   * The same to a log that is open for appending; `end` is its length. Who else appends to it in this very moment may be
   * overwritten: the kernel moves nothing to a file in append mode, so that it is taken out of that for the time.
   */
  moveToLog(pipe: number, log: number, end: number, most: number): number;
  /** A pipe of our own that holds that much; to be closed as files are. Undefined when the kernel refuses. */
  makePipe(bytes: number): { readonly out: number; readonly in: number } | undefined;
  /** Lets a second pipe have what is in a pipe, too. Gives the number of bytes; 0 when there is nothing or no room. */
  share(pipe: number, other: number, most: number): number;
  /** Moves what is in a pipe to a file that has no positions. Gives the number of bytes. */
  moveTo(pipe: number, file: number, most: number): number;
  /** Lets a pipe hold that many bytes. False when the kernel refuses. */
  setPipeSize(pipe: number, bytes: number): boolean;
  /** Blocks for that many microseconds of the monotonic clock. */
  sleep(microseconds: number): void;
  /** A handle on a process that is no child of ours; undefined when there is none. To be closed as a file is. */
  openProcess(pid: number): number | undefined;
  /** The wait status of a process that has ended, from such a handle. Linux 6.15 and later; else undefined. */
  waitStatus(handle: number): number | undefined;
}

const nonBlocking = 0o4000; // O_NONBLOCK
const closeOnExec = 0o2000000; // O_CLOEXEC
const teeNonBlocking = 0x02; // SPLICE_F_NONBLOCK
const spliceNonBlocking = 0x03; // SPLICE_F_MOVE | SPLICE_F_NONBLOCK
const fSetFlags = 4;
const append = 1024; // O_APPEND
const seekEnd = 2;
const fSetPipeSize = 1031;
const fionRead = 0x541b;
const sysPidfdOpen = 434;
const pidfdGetInfo = 0xc040ff0b; // _IOWR(0xFF, 11, struct of 64 bytes)
const pidfdInfoExit = 8;
const exitCodeOffset = 60;

/** Undefined where the C library cannot be called. */
export function loadKernelCalls(): KernelCalls | undefined {
  const library = loadForeignCalls({
    splice: { takes: ['i32', 'bytes', 'i32', 'bytes', 'u64', 'u32'], gives: 'i64' },
    tee: { takes: ['i32', 'i32', 'u64', 'u32'], gives: 'i64' },
    pipe2: { takes: ['bytes', 'i32'], gives: 'i32' },
    fcntl: { takes: ['i32', 'i32', 'i32'], gives: 'i32' },
    syscall: { takes: ['i64', 'i64', 'i64'], gives: 'i64' },
    lseek: { takes: ['i32', 'i64', 'i32'], gives: 'i64' },
    ioctl: { takes: ['i32', 'u64', 'bytes'], gives: 'i32' },
    usleep: { takes: ['u32'], gives: 'i32' },
  });
  if (!library) return undefined;
  return {
    waiting(pipe) {
      const count = new Uint8Array(4);
      if (library.ioctl(pipe, fionRead, count) !== 0) return 0;
      return new DataView(count.buffer).getUint32(0, true);
    },
    moveToFile(pipe, file, most) {
      const offset = new Uint8Array(8);
      return Math.max(0, library.splice(pipe, null, file, offset, most, spliceNonBlocking));
    },
    lengthOf: (file) => library.lseek(file, 0, seekEnd),
    moveToLog(pipe, log, end, most) {
      const offset = new Uint8Array(8);
      new DataView(offset.buffer).setBigUint64(0, BigInt(end), true);
      library.fcntl(log, fSetFlags, 0);
      const count = library.splice(pipe, null, log, offset, most, spliceNonBlocking);
      library.fcntl(log, fSetFlags, append);
      return Math.max(0, count);
    },
    makePipe(bytes) {
      const ends = new Uint8Array(8);
      if (library.pipe2(ends, nonBlocking | closeOnExec) !== 0) return undefined;
      const view = new DataView(ends.buffer);
      const pipe = { out: view.getInt32(0, true), in: view.getInt32(4, true) };
      if (library.fcntl(pipe.in, fSetPipeSize, bytes) >= bytes) return pipe;
      closeSync(pipe.out);
      closeSync(pipe.in);
      return undefined;
    },
    share: (pipe, other, most) => Math.max(0, library.tee(pipe, other, most, teeNonBlocking)),
    moveTo: (pipe, file, most) =>
      Math.max(0, library.splice(pipe, null, file, null, most, spliceNonBlocking)),
    setPipeSize: (pipe, bytes) => library.fcntl(pipe, fSetPipeSize, bytes) >= 0,
    sleep(microseconds) {
      library.usleep(microseconds);
    },
    openProcess(pid) {
      const handle = library.syscall(sysPidfdOpen, pid, 0);
      return handle < 0 ? undefined : handle;
    },
    waitStatus(handle) {
      const info = new Uint8Array(64);
      const view = new DataView(info.buffer);
      view.setBigUint64(0, BigInt(pidfdInfoExit), true);
      if (library.ioctl(handle, pidfdGetInfo, info) !== 0) return undefined;
      if ((view.getUint32(0, true) & pidfdInfoExit) === 0) return undefined;
      return view.getInt32(exitCodeOffset, true);
    },
  };
}
