import { z } from 'zod';

/**
 * A bundle is a tar.gz of `bundle.json`, of `metadata/` with the product's signed metadata by the names that it has
 * everywhere, and of `packages/` with tarballs that are signed in it. Nothing of the bundle itself is signed: all that
 * counts in it is.
 */
export const BundleFacts = z.object({ format: z.literal(1), product: z.string().min(1).max(200) });
export type BundleFacts = z.infer<typeof BundleFacts>;

export const bundleFile = 'bundle.json';
export const metadataFolder = 'metadata';
export const packagesFolder = 'packages';

/** All of a bundle have to be in the gateway's journal until the last one has ended. */
export const mostPackages = 50;
