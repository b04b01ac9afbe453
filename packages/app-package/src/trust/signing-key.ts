import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { z } from 'zod';

/** The public half of a key, as root.json has it. */
export const TufKey = z.object({
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  /** 32 bytes, hexadecimal. */
  keyval: z.object({ public: z.string().regex(/^[0-9a-f]{64}$/) }),
});
export type TufKey = z.infer<typeof TufKey>;

const seedBytes = 32;
/** What stands before the 32 bytes of an ed25519 key in PKCS #8 and in SPKI (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** An ed25519 key that signs metadata. Its secret half is in no property, so that it cannot be logged by accident. */
export class SigningKey {
  readonly id: string;
  readonly tuf: TufKey;
  readonly #private: KeyObject;
  readonly #seed: Buffer;

  /** `seed`: the 32 secret bytes. */
  constructor(seed: Uint8Array) {
    if (seed.length !== seedBytes) throw new TypeError(`an ed25519 seed has ${seedBytes} bytes`);
    this.#seed = Buffer.from(seed);
    this.#private = createPrivateKey({
      key: Buffer.concat([pkcs8Prefix, this.#seed]),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(this.#private).export({ format: 'der', type: 'spki' });
    const hex = spki.subarray(spkiPrefix.length).toString('hex');
    this.tuf = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: hex } };
    this.id = keyIdOf(this.tuf);
  }

  /** The secret bytes, for whoever keeps the key. */
  exportSeed(): Buffer {
    return Buffer.from(this.#seed);
  }

  /** The signature, hexadecimal. */
  sign(bytes: Uint8Array): string {
    return sign(null, bytes, this.#private).toString('hex');
  }
}

export function newKey(): SigningKey {
  return new SigningKey(randomBytes(seedBytes));
}

/** `signature`: hexadecimal. */
export function isSignedBy(key: TufKey, bytes: Uint8Array, signature: string): boolean {
  const der = Buffer.concat([spkiPrefix, Buffer.from(key.keyval.public, 'hex')]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, bytes, publicKey, Buffer.from(signature, 'hex'));
}

/** The sha256 of the key in canonical JSON, which is how TUF names a key. */
export function keyIdOf(key: TufKey): string {
  const { keytype, keyval, scheme } = key;
  // Keys in order and no blanks: of hexadecimal and plain words, this is canonical JSON.
  return createHash('sha256')
    .update(JSON.stringify({ keytype, keyval: { public: keyval.public }, scheme }))
    .digest('hex');
}
