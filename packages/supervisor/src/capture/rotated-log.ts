import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { KernelCalls } from './kernel-calls.ts';

/** Failures of a disk or file system that must not keep a program from running: its output is dropped meanwhile. */
const survivable = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'];

/** The end of a log, to find it again after a kill. */
export interface LogPosition {
  readonly path: string;
  readonly inode: number;
  readonly size: number;
  /** What is written there is not, byte for byte, what the program wrote. */
  readonly transformed?: boolean;
}

/**
 * A log file that is set aside as FILE.1 when it has grown to `maxBytes`; FILE.1 becomes FILE.2 and so on, up to
 * `backups` of them; with 0 backups the file is started anew. Never longer than `maxBytes` plus one chunk.
 *
 * Writing never throws: what cannot be written (full disk) is dropped and counted, `onTrouble` is told once when it
 * begins and once when it is over.
 */
export class RotatedLog {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #backups: number;
  readonly #mode: number;
  readonly #onTrouble: (message: string) => void;
  #file: number | undefined;
  #size = 0;
  /** And not /dev/stdout, /dev/null and the like, which have no size to rotate by. */
  #isFile = false;
  #rotates = false;
  #droppedBytes = 0;

  constructor(options: {
    path: string;
    maxBytes: number;
    backups: number;
    /** Permissions of new files, 0644 unless given. */
    mode?: number;
    onTrouble: (message: string) => void;
  }) {
    this.path = options.path;
    this.#maxBytes = options.maxBytes;
    this.#backups = options.backups;
    this.#mode = options.mode ?? 0o644;
    this.#onTrouble = options.onTrouble;
  }

  /** Bytes dropped since the file could last be written. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Opens the file, again if it is open, since it may have been moved away. Throws unless the disk is to blame. */
  open(): void {
    this.close();
    try {
      this.#openFile();
    } catch (error) {
      if (!survivable.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      this.#drop(0, error as Error);
    }
  }

  /** Where the next byte goes; undefined when that cannot be told (full disk, no regular file). */
  position(): LogPosition | undefined {
    try {
      if (this.#file === undefined) this.#openFile();
      const status = fstatSync(this.#file as number);
      return status.isFile() ? { path: this.path, inode: status.ino, size: status.size } : undefined;
    } catch {
      // `write` meets the same trouble and tells it.
      return undefined;
    }
  }

  write(chunk: Uint8Array): void {
    let written = 0;
    try {
      if (this.#file === undefined) this.#openFile();
      while (written < chunk.length) {
        const count = writeSync(this.#file as number, chunk, written);
        written += count;
        this.#size += count;
      }
      if (this.#droppedBytes > 0) this.#recover();
      if (this.#rotates && this.#size >= this.#maxBytes) this.#rotate();
    } catch (error) {
      this.#drop(chunk.length - written, error as Error);
    }
  }

  /**
   * Lets the kernel move what is in a pipe to the end of the log, in one step that a kill cannot divide. Gives the number
   * of bytes, 0 when there is nothing or it cannot be done: `write` does it then, or tells the trouble.
   */
  takeFrom(pipe: number, most: number, kernel: KernelCalls): number {
    // After a trouble the way back is that of `write`.
    if (this.#droppedBytes > 0) return 0;
    if (this.#file === undefined && !this.position()) return 0;
    if (this.#file === undefined || !this.#isFile) return 0;
    const end = kernel.lengthOf(this.#file);
    const count = kernel.moveToLog(pipe, this.#file, end, most);
    this.#size = end + count;
    if (count > 0 && this.#rotates && this.#size >= this.#maxBytes) this.write(new Uint8Array());
    return count;
  }

  /** Empties the log; older files stay. */
  clear(): void {
    this.close();
    rmSync(this.path, { force: true });
    this.open();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #openFile(): void {
    this.#file = openSync(this.path, 'a', this.#mode);
    const status = fstatSync(this.#file);
    this.#size = status.size;
    this.#isFile = status.isFile();
    this.#rotates = this.#maxBytes > 0 && this.#isFile;
  }

  #rotate(): void {
    this.close();
    for (let number = this.#backups - 1; number >= 0; number--) {
      const from = number === 0 ? this.path : `${this.path}.${number}`;
      try {
        renameSync(from, `${this.path}.${number + 1}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    if (this.#backups === 0) rmSync(this.path, { force: true });
    this.#openFile();
  }

  #drop(bytes: number, error: Error): void {
    if (this.#droppedBytes === 0)
      this.#onTrouble(`cannot write ${this.path}, output is dropped: ${error.message}`);
    // At least 1, so that the trouble is told once also when it was met on opening.
    this.#droppedBytes += Math.max(1, bytes);
  }

  #recover(): void {
    this.#onTrouble(`can write ${this.path} again, ${this.#droppedBytes} bytes of output were dropped`);
    this.#droppedBytes = 0;
  }
}
