import {
  newKey,
  type SigningKey,
  sha256Of,
  signRoot,
  signTargets,
  TrustedMetadata,
} from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import type { Trust } from '@gateway-engine/platform/admin-api';
import type { KeyFolder, StoredKey } from './key-folder.ts';
import { KeyRing } from './key-ring.ts';
import { newMetadata } from './metadata-lives.ts';
import { type AskSecret, newPassphrase } from './passphrase.ts';
import { onlineKeysOf, type PlatformTrust } from './platform-trust.ts';

export interface CreatedRoot {
  /** Of the root, which gateways pin. */
  readonly fingerprint: string;
  readonly keys: readonly StoredKey[];
  readonly expires: { readonly root: number; readonly targets: number };
}

interface Parts {
  readonly folder: KeyFolder;
  readonly platform: PlatformTrust;
  readonly ask: AskSecret;
  /** Seconds since 1970. */
  readonly now: number;
}

/**
 * Makes a product's keys, its first root and its first targets, which list nothing. Each step is left out when it is
 * done already, so that the command may be given again after one that failed halfway. Throws UsageError.
 */
export async function createKeys(parts: Parts, rootKeys: number): Promise<CreatedRoot> {
  const { folder, platform, now } = parts;
  const { product } = folder;
  const facts = await platform.facts();
  const kept = await folder.root(1);
  if (facts.root && (!kept || sha256Of(kept) !== facts.root.sha256)) {
    throw new UsageError(
      `product ${product} has a root already (${facts.root.sha256}), whose keys are not in ${folder.path}; bring them there`,
    );
  }
  if (facts.root && facts.targets) {
    throw new UsageError(
      `product ${product} has its keys already, in ${folder.path}; see gwe keys list, gwe keys rotate`,
    );
  }
  if (!facts.root && (await folder.targets())) {
    throw new UsageError(
      `${folder.path} has a root of product ${product} that is in force on another platform; give this one keys of its own by --keys FOLDER`,
    );
  }
  const keys = await keysHere(parts, rootKeys);
  const root = facts.root && kept ? kept : await putFirstRoot(parts, facts, keys);
  const head = newMetadata('targets', 1, now);
  const targets = signTargets({ ...head, targets: [] }, ofRole(keys, 'targets'));
  await platform.putTargets(targets);
  await folder.keepTargets(targets);
  return {
    fingerprint: sha256Of(root),
    keys: keys.map(({ stored }) => stored),
    expires: { root: new TrustedMetadata(root, { now }).root.expires, targets: head.expires },
  };
}

/** Kept here before it is sent: the platform must never have a root that nobody else has. */
async function putFirstRoot(
  { folder, platform, now }: Parts,
  facts: Trust,
  keys: readonly OpenedKey[],
): Promise<Buffer> {
  const signers = ofRole(keys, 'root');
  const tuf = (role: StoredKey['role']) => ofRole(keys, role).map((key) => key.tuf);
  const named = { root: tuf('root'), targets: tuf('targets'), ...onlineKeysOf(facts) };
  const root = signRoot({ ...newMetadata('root', 1, now), keys: named }, signers.slice(0, 1));
  await folder.keepRoot(1, root);
  await platform.putRoot(root);
  return root;
}

function ofRole(keys: readonly OpenedKey[], role: StoredKey['role']): SigningKey[] {
  return keys.flatMap(({ stored, open }) => (stored.role === role ? [open] : []));
}

interface OpenedKey {
  readonly stored: StoredKey;
  readonly open: SigningKey;
}

/** Those of an attempt before, or new ones. */
async function keysHere({ folder, ask, now }: Parts, rootKeys: number): Promise<OpenedKey[]> {
  const keys: OpenedKey[] = [];
  const ring = new KeyRing(folder, ask);
  for (const stored of await folder.keys()) keys.push({ stored, open: await ring.open(stored) });
  const roles = [...Array<'root'>(rootKeys).fill('root'), 'targets' as const];
  for (const { stored } of keys) {
    const at = roles.indexOf(stored.role);
    if (at !== -1) roles.splice(at, 1);
  }
  if (roles.length === 0) return keys;
  const passphrase = await newPassphrase(ask);
  for (const role of roles) {
    const open = newKey();
    keys.push({ stored: await folder.addKey(open, role, passphrase, now), open });
  }
  return keys;
}
