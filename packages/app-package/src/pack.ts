import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';

/**
 * Packs files of a directory as tar.gz. The same files give the same bytes on every machine: in the order given, one
 * fixed time, no owners, no host-specific gzip header. `level`: of gzip, 0 for what is compressed already.
 */
export async function packFiles(
  directory: string,
  files: readonly string[],
  target: string,
  level = 9,
): Promise<void> {
  const pack = create(
    {
      cwd: directory,
      gzip: { portable: true, level },
      portable: true,
      noDirRecurse: true,
      mtime: new Date(0),
      strict: true,
    },
    // tar takes a name that starts with @ for an archive to copy from.
    files.map((file) => (file.startsWith('@') ? `./${file}` : file)),
  );
  await pipeline(pack as unknown as NodeJS.ReadableStream, createWriteStream(target));
  const written = await open(target, 'r');
  try {
    await written.sync();
  } finally {
    await written.close();
  }
}
