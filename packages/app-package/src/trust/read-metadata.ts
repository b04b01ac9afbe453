import { Metadata, MetadataKind, type Root, type Snapshot, type Timestamp } from '@tufjs/models';
import { z } from 'zod';
import { ListedTargets, type SignedJson } from './listed-targets.ts';
import { type MetadataRole, TrustedMetadataError } from './metadata-error.ts';
import { limitsOfMetadata } from './metadata-limits.ts';

export interface MetadataOfRole {
  root: Metadata<Root>;
  timestamp: Metadata<Timestamp>;
  snapshot: Metadata<Snapshot>;
  targets: Metadata<ListedTargets>;
}

const parsers: { readonly [Role in MetadataRole]: (data: SignedJson) => MetadataOfRole[Role] } = {
  root: (data) => Metadata.fromJSON(MetadataKind.Root, data),
  timestamp: (data) => Metadata.fromJSON(MetadataKind.Timestamp, data),
  snapshot: (data) => Metadata.fromJSON(MetadataKind.Snapshot, data),
  targets: (data) => {
    const signed = data.signed as SignedJson;
    const { signatures } = Metadata.fromJSON(MetadataKind.Targets, {
      ...data,
      signed: { ...signed, targets: {} },
    });
    return new Metadata(new ListedTargets(signed), signatures);
  },
};

const version = z.int().positive();
const signedAt = z.int().nonnegative();

/** What the signed part of every file says of itself. Times in whole seconds since 1970. */
export interface SignedFacts {
  readonly version: number;
  readonly expires: number;
  /** When it was signed, by the signer's clock; other tools' metadata does not say so. */
  readonly signedAt: number | undefined;
}

/**
 * Bytes to metadata whose signatures nobody has looked at yet. Throws TrustedMetadataError (LENGTH, FORMAT).
 *
 * The length is looked at first: what follows takes time and memory in proportion.
 */
export function readMetadata<Role extends MetadataRole>(role: Role, bytes: Uint8Array): MetadataOfRole[Role] {
  const limit = limitsOfMetadata[role];
  if (bytes.length > limit) {
    throw new TrustedMetadataError('LENGTH', role, `it is larger than ${limit} bytes`);
  }
  let metadata: MetadataOfRole[Role];
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    metadata = parsers[role](JSON.parse(text));
  } catch (cause) {
    throw new TrustedMetadataError('FORMAT', role, 'it is no TUF metadata of this role', { cause });
  }
  factsOf(role, metadata);
  return metadata;
}

/** Throws TrustedMetadataError (FORMAT). */
export function factsOf(role: MetadataRole, metadata: MetadataOfRole[MetadataRole]): SignedFacts {
  const { expires, unrecognizedFields } = metadata.signed;
  const refuse = (problem: string) => new TrustedMetadataError('FORMAT', role, problem);
  if (!version.safeParse(metadata.signed.version).success) {
    throw refuse('its version is no positive whole number');
  }
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(expires)) {
    throw refuse('its time of expiry is not of the form YYYY-MM-DDTHH:MM:SSZ');
  }
  const seconds = Date.parse(expires) / 1000;
  const stated = unrecognizedFields.signed_at;
  const parsed = signedAt.optional().safeParse(stated);
  if (!parsed.success || (parsed.data ?? 0) >= seconds) {
    throw refuse('its signed_at is no time before its expiry');
  }
  return { version: metadata.signed.version, expires: seconds, signedAt: parsed.data };
}
