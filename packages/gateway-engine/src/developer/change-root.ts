import {
  type NewRoot,
  newKey,
  type SigningKey,
  signRoot,
  signTargets,
  type TufKey,
} from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import type { KeyFolder, StoredKey } from './key-folder.ts';
import { KeyRing } from './key-ring.ts';
import { newMetadata } from './metadata-lives.ts';
import { type AskSecret, newPassphrase } from './passphrase.ts';
import { onlineKeysOf, type PlatformTrust } from './platform-trust.ts';
import { keysOf, type SignedProduct } from './signed-product.ts';

export interface ChangeParts {
  readonly folder: KeyFolder;
  readonly platform: PlatformTrust;
  readonly ask: AskSecret;
  /** Seconds since 1970. */
  readonly now: number;
}

export interface ChangedRoot {
  readonly version: number;
  readonly expires: number;
  /** The key that came in, when it is one of the developer's. */
  readonly added: StoredKey | undefined;
  /** Id of the key that is no longer in force. */
  readonly removed: string | undefined;
}

/** Signs root and targets anew, with the same keys and later expiries. Throws UsageError. */
export async function renewMetadata(parts: ChangeParts, product: SignedProduct): Promise<ChangedRoot> {
  const ring = new KeyRing(parts.folder, parts.ask);
  const signers = await ring.signers('root', product.root.roles.root);
  const targetsSigners = await ring.signers('targets', product.root.roles.targets);
  const next = { ...nextHead(parts, product), ...keysOf(product.root) };
  // First: below a root that has expired, no targets are taken.
  await putRoot(parts, signRoot(next, signers), next.version);
  await putTargets(parts, product, targetsSigners);
  return { version: next.version, expires: next.expires, added: undefined, removed: undefined };
}

/** Takes other keys of the platform into the next root: for when somebody may have had the present ones. */
export async function rotateOnlineKeys(parts: ChangeParts, product: SignedProduct): Promise<ChangedRoot> {
  const ring = new KeyRing(parts.folder, parts.ask);
  const signers = await ring.signers('root', product.root.roles.root);
  const online = onlineKeysOf(await parts.platform.newOnlineKeys());
  const { keys, thresholds } = keysOf(product.root);
  const next: NewRoot = {
    ...nextHead(parts, product),
    keys: { ...keys, ...online },
    thresholds,
  };
  await putRoot(parts, signRoot(next, signers), next.version);
  return { version: next.version, expires: next.expires, added: undefined, removed: undefined };
}

/**
 * Puts a new key in the place of one of the developer's own. The old key of the targets signs once more beside the new
 * one, before the root changes, so that there is no moment at which gateways find targets that they cannot verify;
 * without the old one, that moment lasts from one request to the next.
 *
 * Throws UsageError. `id`: the key to replace, or how its id begins; needed when the role has several.
 */
export async function rotateKey(
  parts: ChangeParts,
  product: SignedProduct,
  role: StoredKey['role'],
  id: string | undefined,
): Promise<ChangedRoot> {
  const { folder, ask, now } = parts;
  const { roles } = product.root;
  const removed = keyToReplace(role, [...roles[role].keys.keys()], id);
  const ring = new KeyRing(folder, ask);
  const rootSigners = await ring.signers('root', roles.root);
  const [old] = (await ring.here(role, roles[role])).filter((key) => key.id === removed);
  const added = newKey();
  const stored = await folder.addKey(added, role, await newPassphrase(ask), now);
  const { keys, thresholds } = keysOf(product.root);
  const staying = [...roles[role].keys].flatMap(([key, tuf]): TufKey[] => (key === removed ? [] : [tuf]));
  const next: NewRoot = {
    ...nextHead(parts, product),
    keys: { ...keys, [role]: [...staying, added.tuf] },
    thresholds,
  };
  if (role === 'root') {
    await putRoot(parts, signRoot(next, [...rootSigners, added]), next.version);
  } else if (old) {
    await putTargets(parts, product, [await ring.open(old), added]);
    await putRoot(parts, signRoot(next, rootSigners), next.version);
  } else {
    await putRoot(parts, signRoot(next, rootSigners), next.version);
    await putTargets(parts, product, [added]);
  }
  return { version: next.version, expires: next.expires, added: stored, removed };
}

function keyToReplace(role: string, inForce: readonly string[], id: string | undefined): string {
  const found = inForce.filter((key) => key.startsWith(id ?? ''));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const shown = inForce.map((key) => key.slice(0, 12)).join(', ');
  throw new UsageError(
    id === undefined
      ? `there are ${inForce.length} ${role} keys (${shown}); name the one to replace by --key`
      : `--key ${id}: it is not one of the ${role} keys in force (${shown})`,
  );
}

function nextHead({ now }: ChangeParts, { root }: SignedProduct) {
  return newMetadata('root', root.version + 1, now);
}

async function putRoot({ folder, platform }: ChangeParts, bytes: Buffer, version: number): Promise<void> {
  await platform.putRoot(bytes);
  await folder.keepRoot(version, bytes);
}

/** The same list once more, by other keys or with a later expiry. */
async function putTargets(
  { folder, platform, now }: ChangeParts,
  { targets }: SignedProduct,
  signers: readonly SigningKey[],
): Promise<void> {
  const next = newMetadata('targets', targets.version + 1, now);
  const bytes = signTargets({ ...next, targets: targets.targets }, signers);
  await platform.putTargets(bytes);
  await folder.keepTargets(bytes);
}
