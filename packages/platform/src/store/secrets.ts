import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const deriveKey = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

// OWASP's setting for scrypt with 32 MiB of memory.
const cost = { N: 2 ** 15, r: 8, p: 3 };

/**
 * The form in which a CIK or a token is kept. A plain hash is enough: such a key is 160 random bits or more, which
 * nobody guesses, and it has to be found by an index.
 */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** A new CIK, RID or token: 40 lowercase hex digits. */
export function newKey(): string {
  return randomBytes(20).toString('hex');
}

/** The form in which a password is kept: `scrypt$N$r$p$salt$key`, so that the cost can be raised later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$');
}

export async function passwordMatches(password: string, hashed: string): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hashed.split('$');
  if (scheme !== 'scrypt' || salt === undefined || key === undefined) {
    throw new Error(`a password is kept in an unknown form (${scheme})`);
  }
  const wanted = Buffer.from(key, 'base64');
  const found = await derive(password, Buffer.from(salt, 'base64'), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  return timingSafeEqual(wanted, found);
}

function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  return deriveKey(password.normalize('NFC'), salt, 32, { N, r, p, maxmem: 2 * 128 * N * r });
}
