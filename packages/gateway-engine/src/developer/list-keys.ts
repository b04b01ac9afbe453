import { type RootFacts, sha256Of, TrustedMetadata } from '@gateway-engine/app-package';
import type { KeyFolder, StoredKey } from './key-folder.ts';

export interface KeyList {
  readonly product: string;
  /** Of the first root, which gateways pin; null when there is none here yet. */
  readonly fingerprint: string | null;
  /** The latest root that was seen from here. */
  readonly root: { readonly version: number; readonly expires: number } | null;
  readonly keys: readonly (StoredKey & { readonly inForce: boolean })[];
}

/** What a folder says, without a passphrase and without a platform. Throws TrustedMetadataError, UsageError. */
export async function listKeys(folder: KeyFolder): Promise<KeyList> {
  const first = await folder.root(1);
  const root = first && (await latestRoot(folder, first));
  const keys = (await folder.keys()).map((key) => ({
    ...key,
    inForce: root?.roles[key.role].keys.has(key.id) ?? false,
  }));
  return {
    product: folder.product,
    fingerprint: first ? sha256Of(first) : null,
    root: root ? { version: root.version, expires: root.expires } : null,
    keys,
  };
}

async function latestRoot(folder: KeyFolder, first: Buffer): Promise<RootFacts> {
  const trusted = new TrustedMetadata(first, { now: 0 });
  for (let version = 2; ; version++) {
    const next = await folder.root(version);
    if (!next) return trusted.root;
    trusted.updateRoot(next);
  }
}
