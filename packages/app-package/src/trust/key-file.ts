import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { SigningKey, TufKey } from './signing-key.ts';

/** A key file that cannot be opened: `PASSPHRASE` when another one was given, or the file was changed. */
export class KeyFileError extends Error {
  readonly code: 'KEY_FILE' | 'PASSPHRASE';

  constructor(code: 'KEY_FILE' | 'PASSPHRASE', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a key file says to anybody. */
const KeyFacts = z.object({
  product: z.string().min(1).max(200),
  role: z.enum(['root', 'targets']),
  id: z.string().regex(/^[0-9a-f]{64}$/),
  key: TufKey,
  /** Seconds since 1970. */
  created: z.int().nonnegative(),
});
export type KeyFacts = Readonly<z.infer<typeof KeyFacts>>;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

/** What a file may ask for: 1 GiB and some seconds at most. */
const Scrypt = z.object({
  n: z
    .int()
    .min(2)
    .max(2 ** 20),
  r: z.int().min(1).max(8),
  p: z.int().min(1).max(4),
  salt: hex(16),
});

const KeyFile = KeyFacts.extend({
  format: z.literal('gateway-engine signing key 1'),
  /** AES-256-GCM under the key that scrypt makes of the passphrase; what is public is authenticated with it. */
  secret: z.object({ scrypt: Scrypt, nonce: hex(12), tag: hex(16), sealed: hex(32) }),
});
type KeyFile = z.infer<typeof KeyFile>;

/** 128 MiB and some tenths of a second for each guess. */
const defaultCost = 2 ** 17;
const longestKeyFile = 16 * 1024;

/** The text of a key file. `cost`: scrypt's N. */
export async function sealKey(
  key: SigningKey,
  facts: Pick<KeyFacts, 'product' | 'role' | 'created'>,
  passphrase: string,
  cost = defaultCost,
): Promise<string> {
  const parameters = { n: cost, r: 8, p: 1, salt: randomBytes(16).toString('hex') };
  const open: KeyFacts = { ...facts, id: key.id, key: key.tuf };
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await stretch(passphrase, parameters), nonce);
  cipher.setAAD(authenticated(open));
  const sealed = Buffer.concat([cipher.update(key.exportSeed()), cipher.final()]);
  const file: KeyFile = {
    format: 'gateway-engine signing key 1',
    ...open,
    secret: {
      scrypt: parameters,
      nonce: nonce.toString('hex'),
      tag: cipher.getAuthTag().toString('hex'),
      sealed: sealed.toString('hex'),
    },
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** What a key file says without its passphrase. Throws KeyFileError. */
export function readKeyFacts(text: string): KeyFacts {
  return KeyFacts.parse(parseKeyFile(text));
}

/** Throws KeyFileError. */
export async function openKey(text: string, passphrase: string): Promise<SigningKey> {
  const { secret, ...file } = parseKeyFile(text);
  const stretched = await stretch(passphrase, secret.scrypt);
  const decipher = createDecipheriv('aes-256-gcm', stretched, Buffer.from(secret.nonce, 'hex'));
  decipher.setAAD(authenticated(file));
  decipher.setAuthTag(Buffer.from(secret.tag, 'hex'));
  try {
    const sealed = Buffer.from(secret.sealed, 'hex');
    return new SigningKey(Buffer.concat([decipher.update(sealed), decipher.final()]));
  } catch (cause) {
    throw new KeyFileError(
      'PASSPHRASE',
      'the passphrase is not that of the key, or the key file was changed',
      {
        cause,
      },
    );
  }
}

function parseKeyFile(text: string): KeyFile {
  try {
    if (text.length > longestKeyFile) throw new Error(`it is longer than ${longestKeyFile} characters`);
    return KeyFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new KeyFileError('KEY_FILE', 'it is no file of a signing key, or damaged', { cause });
  }
}

function authenticated({ product, role, id, key, created }: KeyFacts): Buffer {
  return Buffer.from(JSON.stringify([product, role, id, key.keyval.public, created]));
}

function stretch(passphrase: string, { n, r, p, salt }: z.infer<typeof Scrypt>): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'hex'), 32, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
