import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdCompress } from 'node:zlib';
import { describeError } from '@gateway-engine/host';
import { deltaParameters, deltaTarBytes, pieceBytes } from './delta-parameters.ts';

/** There is no delta of these two, and there never will be: one is no gzip, or they are too large. */
export class NoDelta extends Error {
  readonly code = 'NO_DELTA';
}

/** The tars have more bytes together than this delta was to be made of. */
export class TooLargeForDelta extends NoDelta {}

/**
 * Writes what makes the tar within the tarball `to` out of the one within `from`: a zstd frame with the old tar as
 * dictionary, its content size in its header. `tarBytes`: of both tars together, at most. Throws NoDelta.
 */
export async function makeDelta(
  from: string,
  to: string,
  out: string,
  tarBytes = deltaTarBytes,
): Promise<void> {
  const newBytes = await tarLength(to, tarBytes);
  const oldBytes = await tarLength(from, tarBytes - newBytes);
  const old = Buffer.allocUnsafeSlow(oldBytes);
  let at = 0;
  for await (const chunk of tarOf(from)) at += chunk.copy(old, at);
  const compressor = createZstdCompress({
    params: deltaParameters(oldBytes, newBytes),
    dictionary: old,
    pledgedSrcSize: newBytes,
    flush: constants.ZSTD_e_flush,
  });
  await pipeline(inPieces(tarOf(to)), compressor, createWriteStream(out, { mode: 0o600 }));
  const file = await open(out, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function tarLength(tarball: string, most: number): Promise<number> {
  let bytes = 0;
  for await (const chunk of tarOf(tarball)) {
    bytes += chunk.length;
    if (bytes > most) throw new TooLargeForDelta(`old and new tar are too large: ${most} bytes are left`);
  }
  return bytes;
}

async function* tarOf(tarball: string): AsyncGenerator<Buffer> {
  const source = createReadStream(tarball);
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Buffer;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw error;
    throw new NoDelta(`one of them is no sound gzip (${describeError(error)})`, { cause: error });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** The same bytes in pieces of one size, but for the last. */
async function* inPieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafeSlow(pieceBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      const copied = chunk.copy(piece, filled, taken);
      taken += copied;
      filled += copied;
      if (filled < pieceBytes) continue;
      yield piece;
      // The compressor may still read the one before.
      piece = Buffer.allocUnsafeSlow(pieceBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
