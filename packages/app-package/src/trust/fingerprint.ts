import { createHash } from 'node:crypto';

/** What names a product's root of trust: the sha256 of version 1 of its root.json, byte for byte, hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
