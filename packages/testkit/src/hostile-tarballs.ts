import { constants, deflateRawSync } from 'node:zlib';
import { type RawEntry, rawHeader, rawTar } from './tarball.ts';

/** A tarball too large to be made of all its bytes: chunks of its gzip stream, and how often the last one comes again. */
export interface HugeTarball {
  readonly chunks: readonly Buffer[];
  readonly repeated: number;
}

const gzipHeader = Buffer.from('1f8b0800000000000003', 'hex');
const pieceBytes = 16 * 1024 ** 2;

/** An installer, then a file of so many zeros, packed about a thousand times smaller. */
export function zerosTarball(installer: RawEntry, bytes: number): HugeTarball {
  // Base 256, for sizes that twelve octal digits cannot say.
  const header = rawHeader({ path: 'zeros' });
  header.fill(0, 124, 136);
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(bytes), 128);
  withChecksum(header);
  const start = piece(Buffer.concat([rawTar([installer], { endMark: false }), header]));
  return {
    chunks: [gzipHeader, start, piece(Buffer.alloc(pieceBytes))],
    repeated: Math.ceil(bytes / pieceBytes),
  };
}

/** An installer, then so many empty files; no two of the first 100,000 have one name. */
export function crowdedTarball(installer: RawEntry, entries: number): HugeTarball {
  const crowd = 10_000;
  const names = Array.from({ length: 10 }, (_, group) =>
    piece(
      Buffer.concat(
        Array.from({ length: crowd }, (_, index) => rawHeader({ path: `d/${group * crowd + index}` })),
      ),
    ),
  );
  const start = piece(rawTar([installer], { endMark: false }));
  return { chunks: [gzipHeader, start, ...names], repeated: Math.ceil(entries / crowd) - names.length };
}

/** The bytes one after another; `read` is told of each chunk that is taken. */
export function* bytesOf(
  { chunks, repeated }: HugeTarball,
  read: (bytes: number) => void = () => {},
): Generator<Buffer> {
  const last = chunks.at(-1) ?? Buffer.alloc(0);
  for (const chunk of [...chunks, ...Array.from({ length: repeated }, () => last)]) {
    read(chunk.length);
    yield chunk;
  }
}

/** A piece of a deflate stream that another one may follow. */
function piece(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { level: 6, finishFlush: constants.Z_FULL_FLUSH });
}

function withChecksum(header: Buffer): void {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
