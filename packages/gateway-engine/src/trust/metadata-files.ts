import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetadataRole } from '@gateway-engine/app-package';
import { makeDirectory, writeDurably } from '@gateway-engine/host';

/** A metadata file by the name that it has everywhere: with its version, but for the timestamp. */
export function metadataFile(role: MetadataRole, version: number): string {
  return role === 'timestamp' ? 'timestamp.json' : `${version}.${role}.json`;
}

const longestWriteMs = 600_000;

/**
 * The metadata that was trusted last, in `var/tuf`: it spares fetching what has not changed, and judges files when there
 * is no network. Nobody relies on these files being whole: whatever is read is verified like what comes from outside.
 */
export class MetadataFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined when there is none, or it cannot be read. */
  async read(file: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#folder, file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write(file: string, bytes: Uint8Array): Promise<void> {
    await makeDirectory(this.#folder, 0o700);
    await writeDurably(join(this.#folder, file), bytes, { mode: 0o600 });
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.#folder, file), { force: true });
  }

  /** Removes all that is not named, such as earlier versions and what a write left that was cut off. */
  async keepOnly(files: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#names()) {
      if (files.has(name) || (await this.#isBeingWritten(name))) continue;
      await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** A command may be at it beside the engine. */
  async #isBeingWritten(name: string): Promise<boolean> {
    if (!name.startsWith('.')) return false;
    try {
      return Date.now() - (await stat(join(this.#folder, name))).mtimeMs < longestWriteMs;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}
