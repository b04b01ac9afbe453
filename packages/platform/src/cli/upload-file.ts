import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UsageError } from '@gateway-engine/host';
import { Content, ContentId } from '../admin/schemas.ts';
import type { AdminClient } from './admin-client.ts';
import { showProgress } from './upload-progress.ts';

const chunkBytes = 64 * 1024;

/**
 * Uploads a file under its own name, a chunk at a time, with a progress bar when `terminal` is one. What the platform
 * stored is compared with what was read.
 */
export async function uploadFile(
  client: AdminClient,
  product: string,
  path: string,
  terminal: NodeJS.WriteStream,
): Promise<Content> {
  const id = basename(path);
  const checked = ContentId.safeParse(id);
  if (!checked.success) throw new UsageError(`${path}: ${checked.error.issues[0]?.message}; rename the file`);
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const hash = createHash('sha256');
    const progress = showProgress(id, size, terminal);
    let content: Content;
    try {
      content = await client.upload(Content, ['products', product, 'content', id], {
        contentType: /\.(?:tar\.gz|tgz)$/.test(id) ? 'application/gzip' : 'application/octet-stream',
        size,
        chunks: readChunks(file, path, size, (chunk) => {
          hash.update(chunk);
          progress.add(chunk.length);
        }),
      });
    } finally {
      progress.stop();
    }
    if (content.sha256 !== hash.digest('hex')) {
      throw new UsageError(`${path} changed on the way to the platform; upload it again`);
    }
    return content;
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Before it is opened: a named pipe would wait for somebody who writes to it, a device may do anything.
    if ((await stat(path)).isFile()) return await open(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new UsageError(`there is no file ${path}; check the path`);
    if (code === 'EACCES') throw new UsageError(`the file ${path} may not be read; check its permissions`);
    throw cause;
  }
  throw new UsageError(`${path} is not a file; give the path of a tarball`);
}

async function* readChunks(
  file: FileHandle,
  path: string,
  size: number,
  onRead: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) throw new UsageError(`${path} became shorter while it was read; upload it again`);
    position += bytesRead;
    const chunk = buffer.subarray(0, bytesRead);
    onRead(chunk);
    yield chunk;
  }
}
