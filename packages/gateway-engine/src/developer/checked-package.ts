import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { inspectTarball, type PackageContents, parseTarballName } from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import { checkProgramEntryElsewhere } from '../ota/program-entry.ts';

/** A tarball that has passed every check that can be made away from a gateway. */
export interface CheckedPackage {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly contents: PackageContents;
}

/** Throws UsageError, TarballNameError. */
export async function checkPackage(file: string): Promise<CheckedPackage> {
  const { name, version } = parseTarballName(basename(file));
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new Error('it is no regular file');
    const contents = await inspectTarball(createReadStream(file));
    const { supervisorConf, manifest } = contents;
    if (supervisorConf !== undefined) checkProgramEntryElsewhere({ name, supervisorConf, manifest });
    return { file, name, version, contents };
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Length and sha256, hexadecimal. */
export interface FileDigest {
  readonly length: number;
  readonly sha256: string;
}

/** Of the tarball as it is, and of the tar archive within. The file must have been checked. */
export async function digestsOf(file: string): Promise<{ tarball: FileDigest; tar: FileDigest }> {
  const [tarball, tar] = [new Digest(), new Digest()];
  await pipeline(
    createReadStream(file),
    (chunks: AsyncIterable<Buffer>) => tarball.pass(chunks),
    createGunzip(),
    (chunks: AsyncIterable<Buffer>) => tar.pass(chunks),
    async (chunks) => {
      for await (const _chunk of chunks);
    },
  );
  return { tarball: tarball.end(), tar: tar.end() };
}

class Digest {
  readonly #hash = createHash('sha256');
  #length = 0;

  async *pass(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#hash.update(chunk);
      this.#length += chunk.length;
      yield chunk;
    }
  }

  end(): FileDigest {
    return { length: this.#length, sha256: this.#hash.digest('hex') };
  }
}
