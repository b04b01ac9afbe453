/** Bounds that hold before anything of an archive is believed or written. */
export interface ArchiveLimits {
  readonly entries: number;
  /** Bytes after decompression, headers and padding included. */
  readonly bytes: number;
  /** Decompressed bytes for each compressed one; looked at only beyond `ratioFloorBytes`. */
  readonly ratio: number;
  /** A small archive of zeros is no bomb. */
  readonly ratioFloorBytes: number;
  readonly pathBytes: number;
  readonly depth: number;
}

export const defaultArchiveLimits: ArchiveLimits = {
  entries: 20_000,
  bytes: 2 * 1024 ** 3,
  ratio: 200,
  ratioFloorBytes: 64 * 1024 ** 2,
  pathBytes: 1024,
  depth: 64,
};
