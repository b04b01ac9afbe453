import type { Metadata, Root } from '@tufjs/models';
import { type MetadataRole, TrustedMetadataError } from './metadata-error.ts';
import { factsOf, type MetadataOfRole, type SignedFacts } from './read-metadata.ts';
import type { TufKey } from './signing-key.ts';

export interface RoleKeys {
  /** By key id. */
  readonly keys: ReadonlyMap<string, TufKey>;
  /** How many of them must have signed. */
  readonly threshold: number;
}

/** What root.json says: who signs what. */
export interface RootFacts extends SignedFacts {
  readonly roles: Readonly<Record<MetadataRole, RoleKeys>>;
}

const hexadecimalKey = /^[0-9a-f]{64}$/;

/**
 * Throws TrustedMetadataError (FORMAT) for a root that is not of the one form that is used here: ed25519 only, versions
 * in file names, and no key under two names, which would count as two signatures.
 */
export function rootFactsOf(root: Metadata<Root>): RootFacts {
  const refuse = (problem: string) => new TrustedMetadataError('FORMAT', 'root', problem);
  const { keys, roles, consistentSnapshot } = root.signed;
  if (!consistentSnapshot) throw refuse('it has no consistent_snapshot');
  const seen = new Set<string>();
  for (const { keyType, scheme, keyVal } of Object.values(keys)) {
    const hex = keyVal.public ?? '';
    if (keyType !== 'ed25519' || scheme !== 'ed25519' || !hexadecimalKey.test(hex)) {
      throw refuse('it has a key that is not ed25519 in hexadecimal');
    }
    if (seen.has(hex)) throw refuse('it has the same key under two ids');
    seen.add(hex);
  }
  const keysOf = (role: MetadataRole): RoleKeys => {
    const { keyIDs = [], threshold = 0 } = roles[role] ?? {};
    if (!Number.isInteger(threshold) || threshold < 1 || threshold > keyIDs.length) {
      throw refuse(`it wants ${threshold} signatures of ${keyIDs.length} keys for ${role}`);
    }
    const named = keyIDs.map((id): [string, TufKey] => {
      const key = Object.hasOwn(keys, id) ? keys[id] : undefined;
      if (!key) throw refuse(`it names a key for ${role} that it does not have`);
      return [id, { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: key.keyVal.public ?? '' } }];
    });
    return { keys: new Map(named), threshold };
  };
  return {
    ...factsOf('root', root),
    roles: {
      root: keysOf('root'),
      timestamp: keysOf('timestamp'),
      snapshot: keysOf('snapshot'),
      targets: keysOf('targets'),
    },
  };
}

/** Throws TrustedMetadataError (SIGNATURE) unless enough keys of its role in `root` have signed it. */
export function mustBeSigned<Role extends MetadataRole>(
  root: Metadata<Root>,
  role: Role,
  metadata: MetadataOfRole[Role],
): void {
  try {
    root.verifyDelegate(role, metadata);
  } catch (cause) {
    const message = `it is not signed by the keys that version ${root.signed.version} of the root names for it`;
    throw new TrustedMetadataError('SIGNATURE', role, message, { cause });
  }
}

/** Whether two roots name the same keys for a role. */
export function sameKeys(one: RoleKeys, other: RoleKeys): boolean {
  const keysOf = ({ keys }: RoleKeys) => Array.from(keys.values(), (key) => key.keyval.public).sort();
  return keysOf(one).join() === keysOf(other).join();
}
