import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { describeError } from '@gateway-engine/host';
import type { TrustVerdict } from '../trust/update-trust.ts';
import { sha256OfFile } from './file-hash.ts';
import { isOfZlib, tarOf } from './tar-of.ts';

/**
 * What keeps a tarball on disk from being the one that was signed; undefined when it is that one. It is either the same
 * to the byte, or, when it was made by a delta and packed here, has the same tar within.
 */
export async function problemOfSigned(
  file: string,
  signed: Extract<TrustVerdict, { kind: 'signed' }>,
): Promise<string | undefined> {
  const { size } = await stat(file);
  if (size === signed.length && (await sha256OfFile(file)) === signed.sha256) return undefined;
  const { tar } = signed.custom;
  const hash = createHash('sha256');
  let length = 0;
  try {
    for await (const chunk of tarOf(file)) {
      length += chunk.length;
      if (length > tar.length) break;
      hash.update(chunk);
    }
  } catch (error) {
    if (!isOfZlib(error)) throw error;
    return `it is not what was signed (${describeError(error)})`;
  }
  if (length === tar.length && hash.digest('hex') === tar.sha256) return undefined;
  return `it is not what was signed: neither it has the SHA-256 ${signed.sha256} nor its tar ${tar.sha256}`;
}
