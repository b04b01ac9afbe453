import { open } from 'node:fs/promises';

/**
 * The length before compression that a gzip file announces in its last four bytes (RFC 1952, section 2.3.1), undefined
 * for a file that is too short to be one. It is that of the last of several streams, and it may be a lie.
 */
export async function gunzippedLength(path: string): Promise<number | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(4);
    const { bytesRead } = await file.read(last, 0, 4, Math.max(0, size - 4));
    return bytesRead < 4 ? undefined : last.readUInt32LE(0);
  } finally {
    await file.close();
  }
}
