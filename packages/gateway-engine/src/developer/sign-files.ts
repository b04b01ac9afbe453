import { basename } from 'node:path';
import { type FileStatement, signFile } from '@gateway-engine/app-package';
import { describeError, UsageError, writeDurably } from '@gateway-engine/host';
import { sha256OfFile } from '../ota/file-hash.ts';
import { keptRoots } from './kept-roots.ts';
import type { KeyFolder } from './key-folder.ts';
import { KeyRing } from './key-ring.ts';
import type { AskSecret } from './passphrase.ts';

/** The name of the signature that belongs to a file. */
export function signatureFile(file: string): string {
  return `${file}.sig`;
}

export interface SignedFile {
  readonly statement: FileStatement;
  readonly signature: string;
}

/**
 * Signs files by the key that signs a product's releases, each into a file beside it. No platform is asked: what has been
 * rotated elsewhere since is not known here. Throws UsageError, TrustedMetadataError.
 */
export async function signFiles(
  {
    folder,
    ask,
    now,
  }: { readonly folder: KeyFolder; readonly ask: AskSecret /** Seconds since 1970. */; readonly now: number },
  files: readonly string[],
): Promise<{ readonly signed: readonly SignedFile[]; readonly rootExpires: number }> {
  const { product } = folder;
  const roots = await keptRoots(folder);
  if (!roots) {
    throw new UsageError(`no root of product ${product} is kept in ${folder.path}; see gwe keys create`);
  }
  const statements: FileStatement[] = [];
  for (const file of files) {
    const sha256 = await sha256OfFile(file).catch((cause) => {
      throw new UsageError(`${file} cannot be read: ${describeError(cause)}`, { cause });
    });
    statements.push({ product, file: basename(file), sha256, signedAt: now });
  }
  const signers = await new KeyRing(folder, ask).signers('targets', roots.latest.roles.targets);
  const signed: SignedFile[] = [];
  for (const [index, statement] of statements.entries()) {
    const signature = signatureFile(files[index] ?? '');
    await writeDurably(signature, signFile(statement, roots.files, signers)).catch((cause) => {
      throw new UsageError(`${signature} cannot be written: ${describeError(cause)}`, { cause });
    });
    signed.push({ statement, signature });
  }
  return { signed, rootExpires: roots.latest.expires };
}
