import { Signature } from '@tufjs/models';
import { sha256Of } from './fingerprint.ts';
import type { SignedJson } from './listed-targets.ts';
import type { MetadataRole } from './metadata-error.ts';
import { readMetadata } from './read-metadata.ts';
import { rootFactsOf } from './root-roles.ts';
import { type SignedTarget, targetJson } from './signed-target.ts';
import { keyIdOf, type SigningKey, type TufKey } from './signing-key.ts';

/** What every file says of itself. Times in whole seconds since 1970. */
export interface NewMetadata {
  readonly version: number;
  readonly expires: number;
  readonly signedAt: number;
}

export interface NewRoot extends NewMetadata {
  /** One key or more for each role. */
  readonly keys: Readonly<Record<MetadataRole, readonly TufKey[]>>;
  /** How many of a role's keys must sign; 1 unless it says otherwise. */
  readonly thresholds?: Partial<Readonly<Record<MetadataRole, number>>>;
}

/** A metadata file that another one lists. */
export interface ListedFile {
  readonly version: number;
  readonly bytes: Uint8Array;
}

type Signers = readonly SigningKey[];

/**
 * Root metadata. A next version must be signed by the keys that the version before names for root and by those that it
 * names itself. Throws TrustedMetadataError, as the others do, for what nobody would accept.
 */
export function signRoot(root: NewRoot, signers: Signers): Buffer {
  const role = (name: MetadataRole) => ({
    keyids: root.keys[name].map(keyIdOf),
    threshold: root.thresholds?.[name] ?? 1,
  });
  const keys = Object.values(root.keys).flat();
  return signedFile(
    'root',
    {
      ...headOf('root', root),
      consistent_snapshot: true,
      keys: Object.fromEntries(keys.map((key) => [keyIdOf(key), { ...key, keyval: { ...key.keyval } }])),
      roles: {
        root: role('root'),
        timestamp: role('timestamp'),
        snapshot: role('snapshot'),
        targets: role('targets'),
      },
    },
    signers,
  );
}

export function signTargets(
  targets: NewMetadata & { readonly targets: readonly SignedTarget[] },
  signers: Signers,
): Buffer {
  const list = Object.fromEntries(targets.targets.map((target) => [target.path, targetJson(target)]));
  return signedFile('targets', { ...headOf('targets', targets), targets: list }, signers);
}

export function signSnapshot(
  snapshot: NewMetadata & { readonly targets: ListedFile },
  signers: Signers,
): Buffer {
  const meta = { 'targets.json': listingOf(snapshot.targets) };
  return signedFile('snapshot', { ...headOf('snapshot', snapshot), meta }, signers);
}

export function signTimestamp(
  timestamp: NewMetadata & { readonly snapshot: ListedFile },
  signers: Signers,
): Buffer {
  const meta = { 'snapshot.json': listingOf(timestamp.snapshot) };
  return signedFile('timestamp', { ...headOf('timestamp', timestamp), meta }, signers);
}

function headOf(role: MetadataRole, { version, expires, signedAt }: NewMetadata): SignedJson {
  return {
    _type: role,
    spec_version: '1.0.31',
    version,
    expires: new Date(expires * 1000).toISOString().replace('.000', ''),
    signed_at: signedAt,
  };
}

function listingOf({ version, bytes }: ListedFile): SignedJson {
  return { version, length: bytes.length, hashes: { sha256: sha256Of(bytes) } };
}

/** Signed only when it reads as everybody else will read it. */
function signedFile(role: MetadataRole, signed: SignedJson, signers: Signers): Buffer {
  const unsigned = Buffer.from(JSON.stringify({ signatures: [], signed }));
  const metadata = readMetadata(role, unsigned);
  if (role === 'root') rootFactsOf(readMetadata('root', unsigned));
  for (const signer of signers) {
    metadata.sign((bytes) => new Signature({ keyID: signer.id, sig: signer.sign(bytes) }));
  }
  const file = Buffer.from(JSON.stringify(metadata.toJSON()));
  readMetadata(role, file);
  return file;
}
