import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdDecompress } from 'node:zlib';
import { gunzippedLength } from '@gateway-engine/app-package';
import { describeError, syncDirectory } from '@gateway-engine/host';
import { DeltaError } from './delta-error.ts';
import { isOfZlib, tarOf } from './tar-of.ts';

/** A tar as it is signed; `sha256` is hexadecimal. */
export interface SignedTar {
  readonly length: number;
  readonly sha256: string;
}

export interface DeltaJob {
  /** The tarball of the version that is here. */
  readonly kept: string;
  /** A zstd frame with the tar within that as its dictionary. */
  readonly delta: string;
  readonly tar: SignedTar;
  /** Old and new tar together, bytes. */
  readonly maximumBytes: number;
}

/**
 * Makes a tarball out of the one that is kept and a delta. Nothing has the name `out` before its tar has the signed
 * length and hash. Throws DeltaError.
 *
 * Memory: the old tar is held twice, here and within the decompressor, and the new one, or a window of at most a power of
 * two above both, once; so at most three times `maximumBytes`, and for what the platform makes at most twice.
 */
export async function applyDelta(job: DeltaJob, out: string): Promise<void> {
  const { tar, delta } = job;
  const old = await wholeTar(job);
  const made = `${out}.made`;
  try {
    const restored = createZstdDecompress({
      dictionary: old,
      params: { [constants.ZSTD_d_windowLogMax]: windowLogOf(old.length + tar.length) },
    });
    // Level 1: it is for this gateway alone, and its processor is slow.
    const packed = createGzip({ level: 1 });
    await pipeline(
      createReadStream(delta),
      restored,
      (chunks: AsyncIterable<Buffer>) => checked(chunks, tar),
      packed,
      createWriteStream(made, { mode: 0o600 }),
    );
    const file = await open(made, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(made, { force: true });
    if (!isOfZlib(error)) throw error;
    throw new DeltaError(`the delta does not fit what is kept (${describeError(error)})`, { cause: error });
  }
  await rename(made, out);
  await syncDirectory(dirname(out));
}

/** The tar of the version that is kept, if there is room for both. */
async function wholeTar({ kept, tar: wanted, maximumBytes }: DeltaJob): Promise<Buffer> {
  const length = await announcedLength(kept);
  if (length + wanted.length > maximumBytes) {
    throw new DeltaError(
      `old and new package have more than ${maximumBytes} bytes together (max_delta_bytes in Engine.config)`,
    );
  }
  const tar = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  try {
    for await (const chunk of tarOf(kept)) {
      if (filled + chunk.length > length) throw new DeltaError('the package that is kept is damaged');
      filled += chunk.copy(tar, filled);
    }
  } catch (error) {
    if (!isOfZlib(error)) throw error;
    throw new DeltaError(`the package that is kept is damaged (${describeError(error)})`, { cause: error });
  }
  if (filled !== length) throw new DeltaError('the package that is kept is damaged');
  return tar;
}

async function announcedLength(tarball: string): Promise<number> {
  const length = await gunzippedLength(tarball);
  if (length === undefined) throw new DeltaError('the package that is kept is damaged');
  return length;
}

async function* checked(chunks: AsyncIterable<Buffer>, tar: SignedTar): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > tar.length)
      throw new DeltaError(`the delta makes more than the ${tar.length} bytes that are signed`);
    hash.update(chunk);
    yield chunk;
  }
  const sha256 = hash.digest('hex');
  if (length !== tar.length || sha256 !== tar.sha256) {
    throw new DeltaError(
      `the delta makes a tar of ${length} bytes with the SHA-256 ${sha256}, signed are ${tar.length} with ${tar.sha256}`,
    );
  }
}

/** The smallest window that reaches over so many bytes, as a power of two; zstd has none below 2^17 that is of use. */
function windowLogOf(bytes: number): number {
  return Math.min(Math.max(Math.ceil(Math.log2(Math.max(bytes, 1))), 17), 30);
}
