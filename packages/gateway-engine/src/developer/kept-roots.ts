import { type RootFacts, TrustedMetadata } from '@gateway-engine/app-package';
import type { KeyFolder } from './key-folder.ts';

/** A product's roots as they were seen from here, verified from the first one on. */
export interface KeptRoots {
  readonly first: Buffer;
  readonly latest: RootFacts;
  /** All of them, from the first one on. */
  readonly files: readonly Buffer[];
}

/** Without a passphrase and without a platform. Undefined when none is kept here; throws TrustedMetadataError. */
export async function keptRoots(folder: KeyFolder): Promise<KeptRoots | undefined> {
  const first = await folder.root(1);
  if (!first) return undefined;
  const trusted = new TrustedMetadata(first, { now: 0 });
  const files = [first];
  for (let version = 2; ; version++) {
    const next = await folder.root(version);
    if (!next) return { first, latest: trusted.root, files };
    trusted.updateRoot(next);
    files.push(next);
  }
}
