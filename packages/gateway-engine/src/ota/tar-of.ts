import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** The tar within a tarball. Whoever stops to read ends it. Throws an error of zlib (`isOfZlib`) for what is no gzip. */
export async function* tarOf(tarball: string): AsyncGenerator<Buffer> {
  const source = createReadStream(tarball, { highWaterMark: 256 * 1024 });
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Buffer;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** Whether gzip or zstd did not like what they were given. */
export function isOfZlib(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_)/.test(String(error.code));
}
