import {
  limitsOfMetadata,
  type MetadataRole,
  TrustedMetadata,
  TrustedMetadataError,
} from '@gateway-engine/app-package';
import { describeError, type Logger } from '@gateway-engine/host';
import { type MetadataFiles, metadataFile } from './metadata-files.ts';
import type { MetadataSource } from './metadata-source.ts';
import type { Pin, TrustRecords } from './trust-records.ts';
import { TrustError } from './update-trust.ts';

export interface RefreshParts {
  readonly records: TrustRecords;
  readonly files: MetadataFiles;
  readonly logger: Logger;
}

/**
 * Brings the metadata of a product up to date from a source and gives it verified: all roots up to the newest, the
 * newest timestamp, the snapshot and the targets that it names. Whatever is here already and still verifies is not
 * fetched again. `now`: seconds since 1970, by the gateway's clock.
 *
 * Throws TrustedMetadataError for what is not to be trusted, TrustError for what the source does not have, and as the
 * source does. What was proven until then (versions, time) is kept all the same.
 */
export async function refreshMetadata(
  parts: RefreshParts,
  pin: Pin,
  source: MetadataSource,
  now: number,
  signal: AbortSignal,
): Promise<TrustedMetadata> {
  const { records, files } = parts;
  const { root, sha256, floor, provenTime } = pin;
  const trusted = new TrustedMetadata(root, { now: Math.max(now, provenTime), sha256, floor });
  try {
    await addRoots(parts, trusted, source, signal);
    const fetched = async (file: string, role: MetadataRole) => {
      const bytes = await source.get(file, limitsOfMetadata[role], signal);
      if (bytes) return bytes;
      throw new TrustError(`the platform has no ${file} of product ${pin.product}; publish something for it`);
    };
    await lookAtTimestamp(parts);
    const timestamp = await fetched('timestamp.json', 'timestamp');
    trusted.updateTimestamp(timestamp);
    for (const role of ['snapshot', 'targets'] as const) {
      const update = (bytes: Buffer) =>
        role === 'snapshot' ? trusted.updateSnapshot(bytes) : trusted.updateTargets(bytes);
      const named = role === 'snapshot' ? trusted.timestamp?.snapshot : trusted.snapshot?.targets;
      const file = metadataFile(role, named?.version ?? 0);
      if (await takeOwn(parts, file, update)) continue;
      const bytes = await fetched(file, role);
      update(bytes);
      await files.write(file, bytes);
    }
    // What names the others comes last: cut off before, the earlier one still names a whole set.
    await files.write('timestamp.json', timestamp);
  } finally {
    records.keep(pin, trusted.floor, trusted.timestamp?.signedAt ?? 0);
  }
  await files.keepOnly(namesOf(trusted));
  return trusted;
}

/**
 * The metadata as it was trusted last, without any network. Its expiry is judged by the proven time: nobody can hold
 * newer metadata back from somebody who asks nobody. Throws TrustedMetadataError, and TrustError when there is none.
 */
export async function ownMetadata({ files }: RefreshParts, pin: Pin): Promise<TrustedMetadata> {
  const trusted = new TrustedMetadata(pin.root, { now: pin.provenTime, sha256: pin.sha256 });
  const own = async (file: string) => {
    const bytes = await files.read(file);
    if (bytes) return bytes;
    const advice = 'let it install something over the air first';
    throw new TrustError(`this gateway has no ${file} of product ${pin.product} yet; ${advice}`);
  };
  for (let version = 2; version <= (pin.floor?.root ?? 1); version++) {
    trusted.updateRoot(await own(metadataFile('root', version)));
  }
  trusted.updateTimestamp(await own('timestamp.json'));
  trusted.updateSnapshot(await own(metadataFile('snapshot', trusted.timestamp?.snapshot.version ?? 0)));
  trusted.updateTargets(await own(metadataFile('targets', trusted.snapshot?.targets.version ?? 0)));
  return trusted;
}

async function addRoots(
  parts: RefreshParts,
  trusted: TrustedMetadata,
  source: MetadataSource,
  signal: AbortSignal,
): Promise<void> {
  for (let count = 0; count < limitsOfMetadata.rootVersions; count++) {
    const file = metadataFile('root', trusted.root.version + 1);
    if (await takeOwn(parts, file, (bytes) => trusted.updateRoot(bytes))) continue;
    const bytes = await source.get(file, limitsOfMetadata.root, signal);
    if (!bytes) return;
    trusted.updateRoot(bytes);
    await parts.files.write(file, bytes);
  }
}

/** The timestamp is fetched in any case; that the one here was torn is said all the same. */
async function lookAtTimestamp(parts: RefreshParts): Promise<void> {
  const bytes = await parts.files.read('timestamp.json');
  if (!bytes) return;
  try {
    JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    sayDamaged(parts, 'timestamp.json', error);
  }
}

/** Takes a file that is here already; one that does not verify was torn by a power cut, and is fetched again. */
async function takeOwn(parts: RefreshParts, file: string, update: (bytes: Buffer) => void): Promise<boolean> {
  const bytes = await parts.files.read(file);
  if (!bytes) return false;
  try {
    update(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof TrustedMetadataError)) throw error;
    // Expired metadata is whole; what comes in its place may be no fresher.
    if (error.code === 'EXPIRED') throw error;
    sayDamaged(parts, file, error);
    await parts.files.remove(file);
    return false;
  }
}

function sayDamaged({ logger }: RefreshParts, file: string, error: unknown): void {
  logger.warn(`the signed metadata here is damaged and is fetched again: ${file}: ${describeError(error)}`);
}

function namesOf({ root, timestamp, snapshot }: TrustedMetadata): Set<string> {
  const roots = Array.from({ length: root.version - 1 }, (_, index) => metadataFile('root', index + 2));
  return new Set([
    ...roots,
    'timestamp.json',
    metadataFile('snapshot', timestamp?.snapshot.version ?? 0),
    metadataFile('targets', snapshot?.targets.version ?? 0),
  ]);
}
