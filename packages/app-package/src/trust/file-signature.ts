import { z } from 'zod';
import type { RootFacts } from './root-roles.ts';
import { isSignedBy, type SigningKey } from './signing-key.ts';
import { TrustedMetadata } from './trusted-metadata.ts';

/** What is said of a file when it is signed. */
export interface FileStatement {
  readonly product: string;
  /** Name of the file, without its folder. */
  readonly file: string;
  /** Hexadecimal. */
  readonly sha256: string;
  /** When it was signed, by the signer's clock; seconds since 1970. */
  readonly signedAt: number;
}

/**
 * A signature that is not believed.
 *
 * - `FORMAT`: it is no signature of a file, or damaged.
 * - `SIGNATURE`: too few of the keys that the product's root names for its releases have signed it.
 * - `EXPIRED`: the newest root that is known has expired; the keys it names may be anybody's by now.
 */
export class FileSignatureError extends Error {
  readonly code: 'FORMAT' | 'SIGNATURE' | 'EXPIRED';

  constructor(code: FileSignatureError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Longer ones are not read. */
export const longestSignature = 1024 ** 2;

const SignatureFile = z.object({
  format: z.literal('gateway-engine file signature 1'),
  /** What the signatures are of, byte for byte. */
  statement: z.string(),
  signatures: z
    .array(z.object({ keyid: z.string().max(64), sig: z.string().regex(/^[0-9a-f]{128}$/) }))
    .max(100),
  /** The product's roots from the first one on, byte for byte. */
  roots: z.array(z.string()).min(1),
});
type SignatureFile = z.infer<typeof SignatureFile>;

/** TUF metadata begins otherwise, so that neither can be taken for the other. */
const statementForm =
  /^gateway-engine file\nproduct (?<product>[^\n]{1,200})\nfile (?<file>[^\n/]{1,255})\nsha256 (?<sha256>[0-9a-f]{64})\nsigned (?<signed>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n$/;

function statementText({ product, file, sha256, signedAt }: FileStatement): string {
  const signed = new Date(signedAt * 1000).toISOString().replace('.000', '');
  return `gateway-engine file\nproduct ${product}\nfile ${file}\nsha256 ${sha256}\nsigned ${signed}\n`;
}

/** The bytes of a signature file. `roots`: from the first one on. `signers`: as many keys for targets as the last one wants. */
export function signFile(
  statement: FileStatement,
  roots: readonly Uint8Array[],
  signers: readonly SigningKey[],
): Buffer {
  const text = statementText(statement);
  if (!statementForm.test(text)) {
    throw new FileSignatureError('FORMAT', `"${statement.file}" is no name that can be signed`);
  }
  const file: SignatureFile = {
    format: 'gateway-engine file signature 1',
    statement: text,
    signatures: signers.map((key) => ({ keyid: key.id, sig: key.sign(Buffer.from(text)) })),
    roots: roots.map((root) => Buffer.from(root).toString('utf8')),
  };
  return Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`);
}

/** A signature that nobody has verified: for whom it claims to be. Throws FileSignatureError (FORMAT). */
export function claimedStatement(signature: Uint8Array): FileStatement {
  return statementOf(parse(signature));
}

/**
 * Verifies a signature by the roots that come with it, the first of which must have the fingerprint `sha256`. Roots that
 * are known here come before those: a key that was replaced counts no longer, whatever the signature brings.
 *
 * Throws FileSignatureError, and TrustedMetadataError for its roots. Whether the file is the one that the statement is of
 * is for the caller to see.
 */
export async function verifySignature(
  signature: Uint8Array,
  trust: {
    /** Seconds since 1970. */
    readonly now: number;
    /** Of the first root, hexadecimal. */
    readonly sha256: string;
    /** Roots after the first that were verified here before. */
    readonly knownRoot?: (version: number) => Promise<Buffer | undefined>;
  },
): Promise<FileStatement> {
  const file = parse(signature);
  const statement = statementOf(file);
  const root = await newestRoot(file.roots, trust);
  mustBeGood(root, trust.now);
  const { keys, threshold } = root.roles.targets;
  const bytes = Buffer.from(file.statement);
  const good = new Set(
    file.signatures.flatMap(({ keyid, sig }) => {
      const key = keys.get(keyid);
      return key && isSignedBy(key, bytes, sig) ? [key.keyval.public] : [];
    }),
  );
  if (good.size < threshold) {
    throw new FileSignatureError(
      'SIGNATURE',
      `it is not signed by the keys that version ${root.version} of the root of product ${statement.product} names`,
    );
  }
  return statement;
}

async function newestRoot(
  brought: readonly string[],
  { now, sha256, knownRoot }: Parameters<typeof verifySignature>[1],
): Promise<RootFacts> {
  const trusted = new TrustedMetadata(Buffer.from(brought[0] ?? ''), { now, sha256 });
  for (;;) {
    const { version } = trusted.root;
    const next = (await knownRoot?.(version + 1)) ?? brought[version];
    if (next === undefined) return trusted.root;
    trusted.updateRoot(Buffer.from(next));
  }
}

function mustBeGood({ version, expires }: RootFacts, now: number): void {
  if (expires > now) return;
  const date = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
  const message = `version ${version} of the root expired on ${date(expires)}, and today is ${date(now)} here`;
  throw new FileSignatureError('EXPIRED', message);
}

function parse(signature: Uint8Array): SignatureFile {
  try {
    if (signature.length > longestSignature) throw new Error(`it is longer than ${longestSignature} bytes`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(signature);
    return SignatureFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new FileSignatureError('FORMAT', 'it is no signature that gwe sign has made, or damaged', {
      cause,
    });
  }
}

function statementOf({ statement }: SignatureFile): FileStatement {
  const { product, file, sha256, signed } = statementForm.exec(statement)?.groups ?? {};
  const signedAt = Date.parse(signed ?? '') / 1000;
  if (product === undefined || file === undefined || sha256 === undefined || Number.isNaN(signedAt)) {
    throw new FileSignatureError('FORMAT', 'what is signed is no statement about a file');
  }
  return { product, file, sha256, signedAt };
}
