import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { packFiles, TrustedMetadata, TrustedMetadataError } from '@gateway-engine/app-package';
import { UsageError, writeDurably } from '@gateway-engine/host';
import { type BundleFacts, bundleFile, metadataFolder, packagesFolder } from '../bundle/bundle-form.ts';
import { metadataFile } from '../trust/metadata-files.ts';
import { digestsOf } from './checked-package.ts';
import type { KeyFolder } from './key-folder.ts';
import type { PlatformTrust } from './platform-trust.ts';
import { readSignedProduct } from './signed-product.ts';

export interface BundleParts {
  readonly folder: KeyFolder;
  readonly platform: PlatformTrust;
  /** Seconds since 1970. */
  readonly now: number;
  readonly sha256?: string | undefined;
}

/**
 * Makes a bundle of tarballs that are published, with the metadata that the platform has now. Throws UsageError, also
 * for a tarball that is not the one that was signed.
 */
export async function makeBundle(
  parts: BundleParts,
  tarballs: readonly string[],
  target: string,
): Promise<void> {
  const { folder, platform } = parts;
  const { root, targets } = await readSignedProduct(folder, platform, parts);
  for (const file of tarballs) {
    const signed = targets.targets.find(({ path }) => path === basename(file));
    if (!signed)
      throw new UsageError(`${basename(file)} is not signed; publish it first: gwe publish ${file}`);
    const { sha256 } = (await digestsOf(file)).tarball;
    if (sha256 !== signed.sha256) {
      throw new UsageError(`${file} (sha256 ${sha256}) is not the one that was published (${signed.sha256})`);
    }
  }
  const work = await mkdtemp(join(dirname(target), '.bundle-'));
  try {
    const names: string[] = [];
    const add = async (name: string, bytes: Uint8Array | string) => {
      await writeDurably(join(work, name), bytes);
      names.push(name);
    };
    const facts: BundleFacts = { format: 1, product: folder.product };
    await add(bundleFile, `${JSON.stringify(facts)}\n`);
    await mkdir(join(work, metadataFolder));
    await mkdir(join(work, packagesFolder));
    const metadata = await inOrder(folder.product, () => metadataOf(platform, root.version, parts.now));
    for (const [name, bytes] of metadata) await add(`${metadataFolder}/${name}`, bytes);
    for (const file of tarballs) {
      const name = `${packagesFolder}/${basename(file)}`;
      await copyFile(file, join(work, name));
      names.push(name);
    }
    await packFiles(work, names, target, 0);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The whole chain as the platform has it now. Throws UsageError when it is not in order. */
async function metadataOf(
  platform: PlatformTrust,
  roots: number,
  now: number,
): Promise<[name: string, bytes: Buffer][]> {
  const files: [string, Buffer][] = [];
  const given = async (name: string, bytes: Promise<Buffer | undefined>) => {
    const found = await bytes;
    if (found) return found;
    throw new UsageError(`the platform has no ${name} of product ${platform.product}; publish it anew`);
  };
  const add = (name: string, bytes: Buffer) => {
    files.push([name, bytes]);
    return bytes;
  };
  const trusted = new TrustedMetadata(add('1.root.json', await given('1.root.json', platform.root(1))), {
    now,
  });
  for (let version = 2; version <= roots; version++) {
    const name = metadataFile('root', version);
    trusted.updateRoot(add(name, await given(name, platform.root(version))));
  }
  const timestamp = await given('timestamp.json', platform.latest('timestamp'));
  trusted.updateTimestamp(add('timestamp.json', timestamp));
  const snapshot = await given('snapshot.json', platform.latest('snapshot'));
  trusted.updateSnapshot(add(metadataFile('snapshot', trusted.timestamp?.snapshot.version ?? 0), snapshot));
  const targets = await given('targets.json', platform.targets());
  trusted.updateTargets(add(metadataFile('targets', trusted.snapshot?.targets.version ?? 0), targets));
  return files;
}

/** Somebody may have published in between, or the platform has not signed anew for long. */
async function inOrder<T>(product: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof TrustedMetadataError)) throw cause;
    throw new UsageError(`the metadata of product ${product} is not in order: ${cause.message}; try again`, {
      cause,
    });
  }
}
