import * as zlib from 'node:zlib';
import { type BodyEncoding, bodyEncodings } from '@gateway-engine/device-api';

type Compress = (bytes: Buffer) => Buffer;

const compressors: Readonly<Record<BodyEncoding, Compress | undefined>> = {
  // Not in Node.js before 22.15.
  zstd: typeof zlib.zstdCompressSync === 'function' ? (bytes) => zlib.zstdCompressSync(bytes) : undefined,
  gzip: (bytes) => zlib.gzipSync(bytes),
};

/** The codings that this runtime can write, the better one first. */
export const ownEncodings: readonly BodyEncoding[] = bodyEncodings.filter((one) => compressors[one]);

/** A body as it goes on the line, compressed if that makes it smaller: a short one would grow. */
export function bodyOf(
  text: string,
  encoding: BodyEncoding | undefined,
): { readonly bytes: Buffer; readonly encoding: BodyEncoding | undefined } {
  const bytes = Buffer.from(text);
  const compressed = encoding && compressors[encoding]?.(bytes);
  return compressed && compressed.length < bytes.length
    ? { bytes: compressed, encoding }
    : { bytes, encoding: undefined };
}
