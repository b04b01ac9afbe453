import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  claimedStatement,
  FileSignatureError,
  type FileStatement,
  longestSignature,
  TrustedMetadataError,
  verifySignature,
} from '@gateway-engine/app-package';
import { describeError, UsageError } from '@gateway-engine/host';
import { sha256OfFile } from '../ota/file-hash.ts';
import { signatureFile } from './sign-files.ts';

/** By what a product's signatures are verified on this machine. */
export interface TrustedRoot {
  /** Of the first root, hexadecimal. */
  readonly sha256: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** Roots after the first that were verified here before. */
  readonly knownRoot: (version: number) => Promise<Buffer | undefined>;
}

export interface VerifiedFile extends FileStatement {
  /** Of a list of checksums: the files of it that lie beside it, and are the ones that it lists. */
  readonly listed: readonly string[];
}

/** What a list of checksums is called: its files are verified with it. */
const checksumList = 'SHA256SUMS';

/**
 * Verifies that a file is the one that a product's developer has signed, by the signature beside it; of `SHA256SUMS`,
 * also the files that it lists, as far as they are here. Throws UsageError, which says what is wrong.
 */
export async function verifyFile(
  file: string,
  trustedRoot: (product: string) => Promise<TrustedRoot>,
): Promise<VerifiedFile> {
  const signature = await readSignature(file);
  const refuse = (why: string, cause?: unknown) =>
    new UsageError(`${file} is not to be trusted: ${why}`, { cause });
  let statement: FileStatement;
  try {
    const root = await trustedRoot(claimedStatement(signature).product);
    statement = await verifySignature(signature, root);
  } catch (cause) {
    if (cause instanceof FileSignatureError || cause instanceof TrustedMetadataError) {
      throw refuse(`${signatureFile(basename(file))}: ${cause.message}`, cause);
    }
    throw cause;
  }
  if (statement.file !== basename(file)) throw refuse(`what is signed is ${statement.file}`);
  const sha256 = await sha256Of(file);
  if (sha256 !== statement.sha256) {
    throw refuse(`its sha256 is ${sha256}, and ${statement.sha256} is signed`);
  }
  const listed = statement.file === checksumList ? await verifyListed(file) : [];
  return { ...statement, listed };
}

/** The list itself has been verified. */
async function verifyListed(list: string): Promise<string[]> {
  const here: string[] = [];
  for (const line of (await readFile(list, 'utf8')).split('\n')) {
    const { sum, name = '' } = /^(?<sum>[0-9a-f]{64}) [ *](?<name>[^/]+)$/.exec(line)?.groups ?? {};
    const file = join(dirname(list), name);
    if (sum === undefined || !existsSync(file)) continue;
    const own = await sha256Of(file);
    if (own !== sum) {
      throw new UsageError(`${file} is not to be trusted: its sha256 is ${own}, and ${list} has ${sum}`);
    }
    here.push(name);
  }
  return here;
}

async function readSignature(file: string): Promise<Buffer> {
  const path = signatureFile(file);
  try {
    if ((await stat(path)).size > longestSignature) {
      throw new Error(`it is longer than ${longestSignature} bytes`);
    }
    return await readFile(path);
  } catch (cause) {
    throw new UsageError(`the signature of ${file} cannot be read: ${describeError(cause)}`, { cause });
  }
}

async function sha256Of(file: string): Promise<string> {
  try {
    return await sha256OfFile(file);
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${describeError(cause)}`, { cause });
  }
}
