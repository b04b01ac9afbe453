import {
  type MetadataRole,
  type NewRoot,
  type RootFacts,
  type SignedTarget,
  sha256Of,
  TrustedMetadata,
  TrustedMetadataError,
} from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import { z } from 'zod';
import type { KeyFolder } from './key-folder.ts';
import type { PlatformTrust } from './platform-trust.ts';

/** A product's metadata as a developer may build on it: everything verified from the root that is kept here. */
export interface SignedProduct {
  /** Of the first root, which gateways pin. */
  readonly fingerprint: string;
  readonly root: RootFacts;
  /** Version 0 before anything was published. */
  readonly targets: { readonly version: number; readonly targets: readonly SignedTarget[] };
}

export interface ReadOptions {
  /** Seconds since 1970. */
  readonly now: number;
  /** Fingerprint of the first root, for a machine where none is kept. */
  readonly sha256?: string | undefined;
  /** The platform may have older targets than were seen here: it was set back to a copy. */
  readonly setBack?: boolean;
}

/**
 * Reads the roots from the one that is kept here upward, and the latest targets. What the platform sends is believed
 * only as far as the kept root vouches for it: otherwise a platform could have a developer sign what it likes.
 *
 * Throws UsageError.
 */
export async function readSignedProduct(
  folder: KeyFolder,
  platform: PlatformTrust,
  { now, sha256, setBack = false }: ReadOptions,
): Promise<SignedProduct> {
  const { product } = folder;
  const first = await firstRoot(folder, platform, sha256);
  const fingerprint = sha256Of(first);
  const facts = await platform.facts();
  if (facts.root && facts.root.sha256 !== fingerprint) {
    throw new UsageError(
      `the platform has another root for product ${product} (${facts.root.sha256}) than ${folder.path} (${fingerprint}); check the address of the platform, and who changed it`,
    );
  }
  return believing(product, async () => {
    const trusted = new TrustedMetadata(first, { now, sha256 });
    for (let version = 2; ; version++) {
      const kept = await folder.root(version);
      const next = kept ?? (await platform.root(version));
      if (!next) break;
      trusted.updateRoot(next);
      if (!kept) await folder.keepRoot(version, next);
    }
    return {
      fingerprint,
      root: trusted.root,
      targets: await latestTargets(folder, platform, trusted, setBack),
    };
  });
}

async function firstRoot(
  folder: KeyFolder,
  platform: PlatformTrust,
  sha256: string | undefined,
): Promise<Buffer> {
  const { product } = folder;
  const kept = await folder.root(1);
  if (kept) return kept;
  if (sha256 === undefined) {
    throw new UsageError(
      `no root of product ${product} is kept in ${folder.path}; make one by gwe keys create ${product}, or copy that folder from where that was done, or give the fingerprint by --root-sha256`,
    );
  }
  const sent = await platform.root(1);
  if (!sent) throw new UsageError(`the platform has no root of product ${product}; see gwe keys create`);
  if (sha256Of(sent) !== sha256.toLowerCase()) {
    throw new UsageError(
      `the platform's root of product ${product} has sha256 ${sha256Of(sent)}, not ${sha256}`,
    );
  }
  await folder.keepRoot(1, sent);
  return sent;
}

async function latestTargets(
  folder: KeyFolder,
  platform: PlatformTrust,
  trusted: TrustedMetadata,
  setBack: boolean,
): Promise<SignedProduct['targets']> {
  const sent = await platform.targets();
  const latest = sent ? trusted.readTargets(sent) : { version: 0, targets: [] };
  const seen = versionOf(await folder.targets());
  if (latest.version < seen && !setBack) {
    throw new UsageError(
      `the platform has version ${latest.version} of the targets of product ${folder.product}, and version ${seen} was seen here; if it was set back to an older copy of its data: gwe keys rotate ${folder.product} online`,
    );
  }
  if (sent && latest.version !== seen) await folder.keepTargets(sent);
  return latest;
}

const Versioned = z.object({ signed: z.object({ version: z.int() }) });

/** Of a file that was verified when it was kept. */
function versionOf(targets: Buffer | undefined): number {
  return targets ? Versioned.parse(JSON.parse(targets.toString('utf8'))).signed.version : 0;
}

async function believing<T>(product: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof TrustedMetadataError)) throw cause;
    throw new UsageError(`the signed metadata of product ${product} cannot be trusted: ${cause.message}`, {
      cause,
    });
  }
}

/** A root's keys and thresholds, to begin the next root from. */
export function keysOf(root: RootFacts): Pick<NewRoot, 'keys'> & Required<Pick<NewRoot, 'thresholds'>> {
  const keys = (role: MetadataRole) => [...root.roles[role].keys.values()];
  const threshold = (role: MetadataRole) => root.roles[role].threshold;
  return {
    keys: {
      root: keys('root'),
      timestamp: keys('timestamp'),
      snapshot: keys('snapshot'),
      targets: keys('targets'),
    },
    thresholds: {
      root: threshold('root'),
      timestamp: threshold('timestamp'),
      snapshot: threshold('snapshot'),
      targets: threshold('targets'),
    },
  };
}
