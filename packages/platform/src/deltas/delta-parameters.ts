import { constants } from 'node:zlib';

/**
 * Old and new tar together, bytes. The process that makes a delta takes up to 1 GiB of memory for that: the old tar three
 * times, the new one once, and two hash tables.
 */
export const deltaTarBytes = 128 * 1024 * 1024;

/** The same for one that is made within the platform: a process would take longer to start than the work takes. */
export const smallDeltaTarBytes = 8 * 1024 * 1024;

/**
 * What is given to the compressor at a time, to be flushed. From 128 KiB on, zstd 1.5.7 looks for a place to split a
 * block and by that doubles the number of blocks, of which a delta of few changes consists.
 */
export const pieceBytes = 128 * 1024 - 1;

/**
 * Parameters of zstd for a new tar with the old one as its dictionary. The window reaches from the end of the new to the
 * start of the old. The hash table has a slot for each position of the old, up to 64 MiB of it: with fewer the start of
 * one that cannot be compressed itself is forgotten (docs/adr/0018-deltas-by-zstd.md). Level 12 finds as much as 19
 * but for 2 %, in a tenth of the time.
 */
export function deltaParameters(oldBytes: number, newBytes: number): Record<number, number> {
  return {
    [constants.ZSTD_c_compressionLevel]: 12,
    [constants.ZSTD_c_windowLog]: clamp(logOf(oldBytes + newBytes), 17, 30),
    [constants.ZSTD_c_hashLog]: clamp(logOf(oldBytes), 17, 26),
    [constants.ZSTD_c_checksumFlag]: 1,
  };
}

function logOf(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(bytes, 1)));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
