import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type NewMetadata,
  needsOf,
  type SignedTarget,
  type SigningKey,
  signTargets,
  type TargetCustom,
  TrustedMetadataError,
} from '@gateway-engine/app-package';
import { UsageError } from '@gateway-engine/host';
import { type CheckedPackage, digestsOf } from './checked-package.ts';
import type { KeyFolder } from './key-folder.ts';
import { KeyRing } from './key-ring.ts';
import { expiryNotice, newMetadata } from './metadata-lives.ts';
import type { AskSecret } from './passphrase.ts';
import { isStale, type PlatformTrust } from './platform-trust.ts';
import { readSignedProduct, type SignedProduct } from './signed-product.ts';

export interface Publication {
  readonly packages: readonly CheckedPackage[];
  /** Versions that the packages may replace though they are the older releases; undefined leaves that as it is. */
  readonly downgradeFrom: readonly string[] | undefined;
  /** Content ids that are to be signed no longer. */
  readonly withdraw: readonly string[];
}

export interface Published {
  /** What is signed now of the packages. */
  readonly targets: readonly SignedTarget[];
  readonly uploaded: readonly string[];
  readonly withdrawn: readonly string[];
  /** Version of the signed list; unchanged when there was nothing to sign. */
  readonly version: number;
  readonly product: SignedProduct;
}

export interface PublishParts {
  readonly folder: KeyFolder;
  readonly platform: PlatformTrust;
  readonly ask: AskSecret;
  /** Where a progress bar is shown. */
  readonly terminal: NodeJS.WriteStream;
  /** Seconds since 1970. */
  readonly now: number;
  /** Fingerprint of the first root, for a machine where none is kept. */
  readonly sha256?: string | undefined;
}

/** Other developers publish, too: as many times it is begun anew on what they have signed. */
const attempts = 5;

/**
 * Uploads packages and signs them. The passphrase comes first and the list last: what fails between leaves at most a
 * file without a signature in the content area. Throws UsageError.
 */
export async function publishTarballs(parts: PublishParts, publication: Publication): Promise<Published> {
  const { folder, platform, terminal } = parts;
  const product = await readSignedProduct(folder, platform, parts);
  const { expires } = product.root;
  if (expires <= parts.now) throw new UsageError(expiryNotice(folder.product, 'root', expires, parts.now));
  const ring = new KeyRing(folder, parts.ask);
  await ring.signers('targets', product.root.roles.targets);
  const described = new Map<CheckedPackage, Described>();
  for (const each of publication.packages) described.set(each, await describe(each));
  nextTargets(product, described, publication);
  const uploaded = await uploadMissing(platform, described, terminal);
  for (let attempt = 1; ; attempt++) {
    const latest = attempt === 1 ? product : await readSignedProduct(folder, platform, parts);
    const { list, targets, withdrawn, changed } = nextTargets(latest, described, publication);
    const result = { targets, uploaded, withdrawn, product: latest };
    if (!changed) return { ...result, version: latest.targets.version };
    const head = newMetadata('targets', latest.targets.version + 1, parts.now);
    const signers = await ring.signers('targets', latest.root.roles.targets);
    const bytes = signList(head, list, signers);
    try {
      await platform.putTargets(bytes);
    } catch (error) {
      if (isStale(error) && attempt < attempts) continue;
      throw error;
    }
    await folder.keepTargets(bytes);
    return { ...result, version: head.version };
  }
}

function signList(
  head: NewMetadata,
  targets: readonly SignedTarget[],
  signers: readonly SigningKey[],
): Buffer {
  try {
    return signTargets({ ...head, targets }, signers);
  } catch (cause) {
    if (!(cause instanceof TrustedMetadataError) || cause.code !== 'LENGTH') throw cause;
    const message = `with these, the list of ${targets.length} releases is longer than gateways take; give up old ones by gwe publish --withdraw`;
    throw new UsageError(message, { cause });
  }
}

/** A target, but for what depends on what is signed already. */
type Described = Omit<SignedTarget, 'custom'> & {
  readonly custom: Omit<TargetCustom, 'release' | 'downgrade_from'>;
};

async function describe({ file, name, version, contents }: CheckedPackage): Promise<Described> {
  const { tarball, tar } = await digestsOf(file);
  const needs = needsOf(contents.manifest);
  return {
    path: basename(file),
    ...tarball,
    custom: { app: name, version, tar, unpacked: contents.bytes, ...(needs && { needs }) },
  };
}

/** The list as it is to be. Throws UsageError for what would change a release that gateways may have. */
export function nextTargets(
  { targets: latest }: Pick<SignedProduct, 'targets'>,
  described: ReadonlyMap<unknown, Described>,
  { downgradeFrom, withdraw }: Pick<Publication, 'downgradeFrom' | 'withdraw'>,
): { list: SignedTarget[]; targets: SignedTarget[]; withdrawn: string[]; changed: boolean } {
  const list = new Map(latest.targets.map((target) => [target.path, target]));
  const unknown = withdraw.find((path) => !list.has(path));
  if (unknown !== undefined) throw new UsageError(`${unknown} is not signed, so it cannot be withdrawn`);
  for (const path of withdraw) list.delete(path);
  const targets = Array.from(described.values(), (each): SignedTarget => {
    const before = latest.targets.find(({ path }) => path === each.path);
    if (before && before.sha256 !== each.sha256) {
      throw new UsageError(
        `${each.path} was published with other bytes before (sha256 ${before.sha256}); give what is new a new version`,
      );
    }
    const allowed = downgradeFrom ?? before?.custom.downgrade_from ?? [];
    const release = before?.custom.release ?? latest.version + 1;
    return {
      ...each,
      custom: { ...each.custom, release, ...(allowed.length > 0 && { downgrade_from: [...allowed] }) },
    };
  });
  for (const target of targets) list.set(target.path, target);
  const next = [...list.values()];
  return {
    list: next,
    targets,
    withdrawn: [...withdraw],
    changed: !isDeepStrictEqual(next, [...latest.targets]),
  };
}

async function uploadMissing(
  platform: PlatformTrust,
  described: ReadonlyMap<CheckedPackage, Described>,
  terminal: NodeJS.WriteStream,
): Promise<string[]> {
  const contents = await platform.contents();
  const uploaded: string[] = [];
  for (const [{ file }, { path, length, sha256 }] of described) {
    if (contents.some((each) => each.id === path && each.size === length && each.sha256 === sha256)) continue;
    const content = await platform.upload(file, terminal);
    if (content.sha256 !== sha256) {
      throw new UsageError(`${file} changed while it was published; publish it again`);
    }
    uploaded.push(path);
  }
  return uploaded;
}
