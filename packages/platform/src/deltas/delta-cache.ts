import { type FileHandle, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '@gateway-engine/host';

const suffix = '.zst';
/** What a file counts beside its bytes, so that a great many small ones have an end, too. */
const overheadBytes = 4096;

/**
 * Deltas on disk, by the hashes of the tarballs they lead from and to. The ones that were not asked for the longest time
 * give way when there are more than `maximumBytes`. All of it can be made again: nothing is lost with it.
 */
export class DeltaCache {
  readonly #folder: string;
  readonly #maximumBytes: number;

  private constructor(folder: string, maximumBytes: number) {
    this.#folder = folder;
    this.#maximumBytes = maximumBytes;
  }

  /** Makes the folder when it is missing, and removes what was being made when the platform ended. */
  static async open(folder: string, maximumBytes: number): Promise<DeltaCache> {
    await makeDirectory(folder, 0o700);
    for (const name of await readdir(folder)) {
      if (!name.endsWith(suffix)) await rm(join(folder, name), { recursive: true, force: true });
    }
    return new DeltaCache(folder, maximumBytes);
  }

  /** Where a delta is made before it is put into the cache. */
  draft(key: string): string {
    return join(this.#folder, `${key}.making`);
  }

  /** The open file of a delta; `none` when it is known that there is none. The caller closes it. */
  async find(key: string): Promise<{ file: FileHandle; size: number } | 'none' | undefined> {
    const path = this.#path(key);
    let file: FileHandle | undefined;
    try {
      file = await open(path);
      const { size } = await file.stat();
      const now = new Date();
      await utimes(path, now, now);
      if (size > 0) return { file, size };
      await file.close();
      return 'none';
    } catch (error) {
      await file?.close();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Takes a draft that was made whole. */
  async put(key: string): Promise<void> {
    await rename(this.draft(key), this.#path(key));
    await this.#makeRoom();
  }

  /** Remembers that there is none. */
  async putNone(key: string): Promise<void> {
    await rm(this.draft(key), { force: true });
    await writeFile(this.#path(key), '', { mode: 0o600 });
    await this.#makeRoom();
  }

  #path(key: string): string {
    return join(this.#folder, `${key}${suffix}`);
  }

  async #makeRoom(): Promise<void> {
    const files: { path: string; bytes: number; usedAt: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith(suffix)) continue;
      const path = join(this.#folder, name);
      const { size, mtimeMs } = await stat(path);
      files.push({ path, bytes: size + overheadBytes, usedAt: mtimeMs });
    }
    let sum = files.reduce((bytes, file) => bytes + file.bytes, 0);
    for (const { path, bytes } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (sum <= this.#maximumBytes) return;
      await rm(path, { force: true });
      sum -= bytes;
    }
  }
}
