import type { NewMetadata } from '@gateway-engine/app-package';

const day = 86_400;

/**
 * How long what a developer signs is good for, in seconds. Long, for it is signed by hand: what keeps an attacker from
 * holding newer metadata back is the timestamp, which lives for days and is signed by the platform.
 */
export const metadataLives = { root: 730 * day, targets: 365 * day } as const;

/** Before its expiry, this long, a developer is told of it. */
const noticeSeconds = 90 * day;

/** What a new file says of itself. */
export function newMetadata(role: 'root' | 'targets', version: number, now: number): NewMetadata {
  return { version, signedAt: now, expires: now + metadataLives[role] };
}

/** What to tell of a file that expires soon, or has; undefined when there is time. */
export function expiryNotice(
  product: string,
  role: 'root' | 'targets',
  expires: number,
  now: number,
): string | undefined {
  if (expires - now > noticeSeconds) return undefined;
  const verb = expires <= now ? 'expired on' : 'expires on';
  return `the ${role} metadata of product ${product} ${verb} ${dateOf(expires)}, and then no gateway installs anything; sign it anew by gwe keys renew ${product}`;
}

/** `2026-01-31` */
export function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
