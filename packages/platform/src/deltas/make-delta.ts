import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdCompress, type ZstdCompress } from 'node:zlib';
import { gunzippedLength } from '@gateway-engine/app-package';
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
  const newBytes = await announcedLength(to);
  const oldBytes = await announcedLength(from);
  if (newBytes + oldBytes > tarBytes) throw new TooLargeForDelta(`the tars have more than ${tarBytes} bytes`);
  const old = await wholeTar(from, oldBytes);
  const compressor = createZstdCompress({
    params: deltaParameters(oldBytes, newBytes),
    dictionary: old,
    pledgedSrcSize: newBytes,
    flush: constants.ZSTD_e_flush,
  });
  const written = pipeline(compressor, createWriteStream(out, { mode: 0o600, flush: true }));
  try {
    await writeInPieces(exactly(newBytes)(tarOf(to)), compressor);
  } catch (error) {
    compressor.destroy();
    await written.catch(() => undefined);
    throw error;
  }
  await written;
}

async function announcedLength(tarball: string): Promise<number> {
  const length = await gunzippedLength(tarball);
  if (length === undefined) throw new NoDelta('one of them is no gzip');
  return length;
}

async function wholeTar(tarball: string, length: number): Promise<Buffer> {
  const tar = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const chunk of exactly(length)(tarOf(tarball))) filled += chunk.copy(tar, filled);
  return tar;
}

/** Exactly so many bytes: gzip's own length is that of the last of several streams, and it may be a lie. */
function exactly(length: number): (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (chunks) {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > length) break;
      yield chunk;
    }
    if (bytes !== length) throw new NoDelta('one of them does not have the length it says');
  };
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

/** Gives the compressor pieces of one size, each in the same memory, when it has taken the one before. */
async function writeInPieces(chunks: AsyncIterable<Buffer>, compressor: ZstdCompress): Promise<void> {
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      const copied = chunk.copy(piece, filled, taken);
      taken += copied;
      filled += copied;
      if (filled < pieceBytes) continue;
      await write(compressor, piece);
      filled = 0;
    }
  }
  if (filled > 0) await write(compressor, piece.subarray(0, filled));
  compressor.end();
}

function write(compressor: ZstdCompress, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    compressor.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}
