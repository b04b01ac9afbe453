import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
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
const spkiPrefixBytes = 12;

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
    const hex = spki.subarray(spkiPrefixBytes).toString('hex');
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

/** The sha256 of the key in canonical JSON, which is how TUF names a key. */
export function keyIdOf(key: TufKey): string {
  const { keytype, keyval, scheme } = key;
  // Keys in order and no blanks: of hexadecimal and plain words, this is canonical JSON.
  return createHash('sha256')
    .update(JSON.stringify({ keytype, keyval: { public: keyval.public }, scheme }))
    .digest('hex');
}
