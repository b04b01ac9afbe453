import {
  type ListedFile,
  newKey,
  SigningKey,
  signSnapshot,
  signTimestamp,
} from '@gateway-engine/app-package';
import type { OnlineKeys, TrustFile, TrustVersions } from '../store/port.ts';

/** How long a gateway trusts what the platform has signed. A day's renewal may fail six times. */
const validSeconds = 7 * 86_400;

/** Keys of a product that nobody else has. */
export function newOnlineKeys(): OnlineKeys {
  const secret = () => newKey().exportSeed().toString('hex');
  return { snapshot: secret(), timestamp: secret() };
}

/** The keys as they sign. */
export function onlineSigners(keys: OnlineKeys): Readonly<Record<keyof OnlineKeys, SigningKey>> {
  const signer = (secret: string) => new SigningKey(Buffer.from(secret, 'hex'));
  return { snapshot: signer(keys.snapshot), timestamp: signer(keys.timestamp) };
}

/**
 * The next snapshot of these targets, and the timestamp that names it. Times in seconds since 1970.
 *
 * `goodUntil`: when the timestamp before expires; this one does not expire sooner. A platform whose clock was ahead has
 * proven a false time to gateways, and they would take for expired what is signed at the true one.
 */
export function signOnline(
  keys: OnlineKeys,
  after: TrustVersions,
  targets: ListedFile,
  { now, goodUntil }: { readonly now: number; readonly goodUntil: number },
): readonly [snapshot: TrustFile, timestamp: TrustFile] {
  const signers = onlineSigners(keys);
  const times = { signedAt: now, expires: Math.max(now + validSeconds, goodUntil) };
  const snapshot = { role: 'snapshot', version: after.snapshot + 1 } as const;
  const bytes = signSnapshot({ ...snapshot, ...times, targets }, [signers.snapshot]);
  const timestamp = { role: 'timestamp', version: after.timestamp + 1 } as const;
  const listed = { version: snapshot.version, bytes };
  const timestampBytes = signTimestamp({ ...timestamp, ...times, snapshot: listed }, [signers.timestamp]);
  return [
    { ...snapshot, bytes },
    { ...timestamp, bytes: timestampBytes },
  ];
}
