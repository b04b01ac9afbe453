import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import type { AppFile } from './template-files.ts';

/** Makes the folder with the files, whole or not at all. Throws UsageError where there is one that has something in it. */
export async function writeApp(folder: string, files: readonly AppFile[]): Promise<void> {
  const target = resolve(folder);
  await mkdir(dirname(target), { recursive: true });
  const unfinished = await mkdtemp(join(dirname(target), `.${basename(target)}.new-`));
  try {
    await chmod(unfinished, 0o777 & ~process.umask());
    for (const { path, text, executable } of files) {
      const file = join(unfinished, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode: executable ? 0o777 : 0o666 });
    }
    // Takes the place of an empty folder, and of nothing else.
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') {
      throw new UsageError(`${target} exists already; name another folder with --folder`, { cause: error });
    }
    throw error;
  }
}
