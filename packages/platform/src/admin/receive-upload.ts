import { createHash, randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '@gateway-engine/host';
import { AdminError } from './errors.ts';

/** An upload without a single byte for this long is given up. */
const stallMs = 60_000;

/**
 * Writes the body of a request to a new file in `directory`, synced to disk, counting and hashing as it comes. The
 * caller owns the file from then on. A body that is too long, stalls or is cut leaves nothing behind.
 */
export async function receiveUpload(
  request: IncomingMessage,
  parts: { directory: string; clock: Clock; limitBytes: number },
): Promise<{ file: string; size: number; sha256: string }> {
  const { limitBytes } = parts;
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const file = join(parts.directory, `upload-${randomBytes(8).toString('hex')}.part`);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      for await (const chunk of watched(request, parts.clock)) {
        size += chunk.length;
        if (size > limitBytes) throw tooLarge(limitBytes);
        hash.update(chunk);
        // On a handle this goes on at the current position, until every byte is written.
        await handle.writeFile(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { file, size, sha256: hash.digest('hex') };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function* watched(request: IncomingMessage, clock: Clock): AsyncGenerator<Buffer> {
  const giveUp = () => request.destroy(new Error(`no byte came for ${stallMs / 1000} s`));
  // A server may keep a half-closed connection to answer on it, but what is missing of this body will never come.
  const ended = () => request.complete || request.destroy(new Error('the connection was closed'));
  request.socket.once('end', ended);
  let timer = clock.after(stallMs, giveUp);
  try {
    // Leaving early must not destroy the request, or the socket goes with it and the refusal is never heard.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      timer.cancel();
      yield chunk;
      timer = clock.after(stallMs, giveUp);
    }
  } catch (cause) {
    throw new AdminError(400, 'UPLOAD_CUT', 'the upload ended before its last byte; send it again', {
      cause,
    });
  } finally {
    timer.cancel();
    request.socket.off('end', ended);
  }
}

function tooLarge(limitBytes: number): AdminError {
  const mebibytes = Math.floor(limitBytes / 1024 / 1024);
  return new AdminError(413, 'TOO_LARGE', `the file is larger than ${mebibytes} MiB, the most that is taken`);
}
