import type { MetadataRole } from './metadata-error.ts';

/** The most bytes of each file that are taken from anywhere, and the most root versions of one refresh. */
export interface MetadataLimits extends Readonly<Record<MetadataRole, number>> {
  readonly rootVersions: number;
}

/** A target takes about 500 bytes: some 4000 releases of all applications of a product. */
export const limitsOfMetadata: MetadataLimits = {
  root: 64 * 1024,
  timestamp: 16 * 1024,
  snapshot: 64 * 1024,
  targets: 2 * 1024 ** 2,
  rootVersions: 1024,
};
