import { sha256Of } from '@gateway-engine/app-package';
import { keptRoots } from './kept-roots.ts';
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
  const { first, latest: root } = (await keptRoots(folder)) ?? {};
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
