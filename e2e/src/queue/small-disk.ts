import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';

/** A file system of its own, some MiB large. Only root may have one. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly #removeFolder: () => PromiseLike<void>;

  private constructor(path: string, removeFolder: () => PromiseLike<void>) {
    this.path = path;
    this.#removeFolder = removeFolder;
  }

  /** Throws when it cannot be mounted. */
  static async mount(mebibytes: number): Promise<SmallDisk> {
    const folder = await temporaryFolder();
    const size = `size=${mebibytes}m`;
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder.path]);
    const disk = new SmallDisk(folder.path, () => folder[Symbol.asyncDispose]());
    if (mounted.status === 0) return disk;
    await disk.#removeFolder();
    throw new Error(`cannot mount a tmpfs: ${mounted.stderr?.toString().trim()}; this needs root`);
  }

  /** Takes what is left, to the last byte, as another program would. */
  fill(): void {
    const file = openSync(join(this.path, 'other-program'), 'a');
    try {
      for (const size of [1 << 20, 1 << 12, 1]) {
        const block = Buffer.alloc(size);
        while (wholly(() => writeSync(file, block), size));
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.path, 'other-program'), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    spawnSync('umount', ['-l', this.path]);
    await this.#removeFolder();
  }
}

/** Whether a write took all of it: what is left of a full disk may take a part. */
function wholly(write: () => number, size: number): boolean {
  try {
    return write() === size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
