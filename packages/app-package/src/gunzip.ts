import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ArchiveError } from './archive-error.ts';
import type { ArchiveLimits } from './archive-limits.ts';

export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Decompresses, and stops as soon as a limit is passed, so that a bomb costs no more than the limit. Throws
 * ArchiveError for anything that is not exactly gzip; errors of the source itself pass through unchanged.
 */
export async function* gunzip(source: ByteSource, limits: ArchiveLimits): AsyncGenerator<Buffer> {
  const decoder = createGunzip();
  let fed = 0;
  let exhausted = false;
  let startsAsGzip = false;
  let sourceError: unknown;
  async function* counted() {
    try {
      for await (const chunk of source) {
        if (fed === 0 && chunk.length > 0) startsAsGzip = chunk[0] === 0x1f;
        fed += chunk.length;
        yield chunk;
      }
      exhausted = true;
    } catch (error) {
      sourceError = error;
      throw error;
    }
  }
  const input = Readable.from(counted());
  input.on('error', (error) => decoder.destroy(error));
  input.pipe(decoder);
  let produced = 0;
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      produced += chunk.length;
      if (produced > limits.bytes) {
        throw new ArchiveError('TOO_LARGE', `it unpacks to more than ${limits.bytes} bytes`);
      }
      if (produced > limits.ratioFloorBytes && produced > limits.ratio * fed) {
        throw new ArchiveError('BOMB', `it unpacks to more than ${limits.ratio} times its size`);
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ArchiveError || error === sourceError) throw error;
    if (fed === 0) throw new ArchiveError('NOT_GZIP', 'it is empty', { cause: error });
    throw asArchiveError(error, startsAsGzip);
  } finally {
    input.destroy();
    decoder.destroy();
  }
  // The decoder ends by itself at the end of the compressed data and leaves what follows.
  if (!exhausted || fed !== decoder.bytesWritten) {
    throw new ArchiveError('TRAILING_DATA', 'data follows the end of its gzip stream');
  }
}

function asArchiveError(cause: unknown, startsAsGzip: boolean): ArchiveError {
  const code = (cause as NodeJS.ErrnoException).code;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code === 'Z_BUF_ERROR') {
    return new ArchiveError('TRUNCATED', 'its gzip stream ends too early; upload it again', { cause });
  }
  // The first header was right, so it is a second one, behind the end of the stream, that is wrong.
  if (message.includes('header check') && startsAsGzip) {
    return new ArchiveError('TRAILING_DATA', 'data follows the end of its gzip stream', { cause });
  }
  if (message.includes('header check')) return new ArchiveError('NOT_GZIP', 'it is not gzip', { cause });
  return new ArchiveError('DAMAGED', `its gzip stream is damaged (${message})`, { cause });
}
