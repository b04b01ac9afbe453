import { createHash } from 'node:crypto';
import {
  type MetadataRole,
  type NewRoot,
  newKey,
  type SignedTarget,
  type SigningKey,
  signRoot,
  signSnapshot,
  signTargets,
  signTimestamp,
  type TrustedMetadata,
  type TufKey,
} from '../../src/index.ts';

export const day = 86_400;
/** 2026-01-01 */
export const start = Date.UTC(2026, 0, 1) / 1000;

export type RoleSigners = Readonly<Record<MetadataRole, readonly SigningKey[]>>;

export function newSigners(): RoleSigners {
  return { root: [newKey()], targets: [newKey()], snapshot: [newKey()], timestamp: [newKey()] };
}

export function publicKeys(signers: RoleSigners): Readonly<Record<MetadataRole, readonly TufKey[]>> {
  const of = (role: MetadataRole) => signers[role].map((key) => key.tuf);
  return { root: of('root'), targets: of('targets'), snapshot: of('snapshot'), timestamp: of('timestamp') };
}

export function rootOf(
  signers: RoleSigners,
  version = 1,
  options: Partial<NewRoot> & { readonly signedBy?: readonly SigningKey[] } = {},
): Buffer {
  const { signedBy = [], ...changes } = options;
  return signRoot(
    { version, expires: start + 730 * day, signedAt: start, keys: publicKeys(signers), ...changes },
    [...signers.root, ...signedBy],
  );
}

export function releaseOf(path: string, content: string, release = 1): SignedTarget {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const { app = '', version = '' } = /^(?<app>.+)\.v(?<version>.+)\.tar\.gz$/.exec(path)?.groups ?? {};
  return {
    path,
    length: content.length,
    sha256,
    custom: { app, version, release, tar: { length: content.length, sha256 }, unpacked: content.length },
  };
}

export interface Published {
  readonly timestamp: Buffer;
  readonly snapshot: Buffer;
  readonly targets: Buffer;
}

/** What a platform serves after a publication: `version` of all three, signed at `at`. */
export function publish(
  signers: RoleSigners,
  version: number,
  targets: readonly SignedTarget[],
  at = start,
): Published {
  const head = { version, signedAt: at };
  const list = signTargets({ ...head, expires: at + 365 * day, targets }, signers.targets);
  const snapshot = signSnapshot(
    { ...head, expires: at + 7 * day, targets: { version, bytes: list } },
    signers.snapshot,
  );
  const timestamp = signTimestamp(
    { ...head, expires: at + 7 * day, snapshot: { version, bytes: snapshot } },
    signers.timestamp,
  );
  return { timestamp, snapshot, targets: list };
}

export function updateAll(trusted: TrustedMetadata, published: Published): void {
  trusted.updateTimestamp(published.timestamp);
  trusted.updateSnapshot(published.snapshot);
  trusted.updateTargets(published.targets);
}
