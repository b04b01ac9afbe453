import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetadataSource } from './metadata-source.ts';
import { TrustError } from './update-trust.ts';

/** A folder of metadata files, each under the name that it has everywhere, as the source of metadata. */
export function folderSource(folder: string): MetadataSource {
  return {
    get: async (file, maximumBytes, signal) => {
      signal.throwIfAborted();
      const opened = await openIfThere(join(folder, file));
      try {
        if (!opened) return undefined;
        const { size } = await opened.stat();
        if (size > maximumBytes) throw new TrustError(`${file} has ${size} bytes, more than ${maximumBytes}`);
        return await opened.readFile();
      } finally {
        await opened?.close();
      }
    },
  };
}

async function openIfThere(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
