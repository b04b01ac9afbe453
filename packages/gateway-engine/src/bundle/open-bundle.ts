import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArchiveError } from '@gateway-engine/app-package';
import { describeError, makeDirectory, UsageError } from '@gateway-engine/host';
import { unpackTarball } from '../ota/unpack.ts';
import { freeBytes, noSpaceLeft } from '../state/disk-space.ts';
import { BundleFacts, bundleFile, metadataFolder, packagesFolder } from './bundle-form.ts';

/** What must stay free beyond the unpacked bundle. */
const spareBytes = 16 * 1024 * 1024;

/** A bundle unpacked beside everything else; nothing in it has been believed yet. */
export interface OpenBundle {
  readonly product: string;
  /** Of the metadata files. */
  readonly metadata: string;
  /** Names and paths of the tarballs. */
  readonly packages: readonly { readonly tarball: string; readonly path: string }[];
  remove(): Promise<void>;
}

/** Unpacks a bundle into a new folder within `folder`. Throws UsageError, which names the file and what is wrong. */
export async function openBundle(file: string, folder: string): Promise<OpenBundle> {
  await makeDirectory(folder, 0o700);
  const own = join(folder, `${process.pid}-${Date.now()}`);
  const remove = () => rm(own, { recursive: true, force: true });
  try {
    // Packed tarballs do not shrink any further: it is about as large unpacked.
    const needed = (await stat(file)).size + spareBytes;
    if (needed > freeBytes(folder)) throw new UsageError(noSpaceLeft(folder, needed));
    await unpackTarball(createReadStream(file), undefined, own);
    const { product } = BundleFacts.parse(JSON.parse(await readFile(join(own, bundleFile), 'utf8')));
    const packages = join(own, packagesFolder);
    const names = (await readdir(packages)).sort();
    return {
      product,
      metadata: join(own, metadataFolder),
      packages: names.map((tarball) => ({ tarball, path: join(packages, tarball) })),
      remove,
    };
  } catch (cause) {
    await remove();
    if (cause instanceof UsageError) throw cause;
    const what = cause instanceof ArchiveError ? describeError(cause) : whatIsMissing(cause);
    throw new UsageError(`${file} is no bundle that gwe bundle has made: ${what}`, { cause });
  }
}

function whatIsMissing(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'a part of it is missing, or it is not there';
  return code === undefined ? `its ${bundleFile} is not understood` : describeError(cause);
}
