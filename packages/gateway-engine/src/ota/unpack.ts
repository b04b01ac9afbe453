import { chmod, type FileHandle, link, mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ArchiveEntry,
  ArchiveError,
  type ByteSource,
  readArchive,
  staysInside,
} from '@gateway-engine/app-package';
import { syncDirectory } from '@gateway-engine/host';

/**
 * Unpacks a tarball into a new folder and brings all of it onto the disk. Every entry has passed the checks of
 * readArchive before it is written, nothing existing is ever opened or followed, and owners and special mode bits are
 * not taken over. When it throws, what was written so far is in the folder and the caller's to remove.
 */
export async function unpackTarball(
  source: ByteSource,
  topDirectory: string | undefined,
  folder: string,
): Promise<void> {
  await mkdir(folder);
  const directories = new Map<string, number>([['', 0o755]]);
  let file: FileHandle | undefined;
  const finishFile = async () => {
    const finished = file;
    file = undefined;
    await finished?.sync();
    await finished?.close();
  };
  try {
    for await (const item of readArchive(source)) {
      if (item.kind === 'bytes') {
        await writeAll(file, item.bytes);
        continue;
      }
      await finishFile();
      const entry = withoutTop(item.entry, topDirectory);
      if (!entry) continue;
      const path = join(folder, entry.path);
      await makeParents(folder, entry.path, directories);
      if (entry.kind === 'directory') {
        if (!directories.has(entry.path)) await mkdir(path);
        directories.set(entry.path, (entry.mode & 0o755) | 0o700);
      } else if (entry.kind === 'symlink') {
        await symlink(entry.target ?? '', path);
      } else if (entry.kind === 'hardlink') {
        await link(join(folder, entry.target ?? ''), path);
      } else {
        file = await open(path, 'wx', 0o600);
        await file.chmod((entry.mode & 0o755) | 0o600);
      }
    }
    await finishFile();
  } finally {
    await file?.close();
  }
  for (const [path, mode] of directories) {
    await chmod(join(folder, path), mode);
    await syncDirectory(join(folder, path));
  }
  await syncDirectory(dirname(folder));
}

/** The entry as it lies without the archive's only top-level directory; undefined for that directory itself. */
function withoutTop(entry: ArchiveEntry, top: string | undefined): ArchiveEntry | undefined {
  const moved = (path: string) => {
    if (top === undefined) return path;
    if (path === top) return '';
    if (path.startsWith(`${top}/`)) return path.slice(top.length + 1);
    throw new ArchiveError('UNSAFE_PATH', `"${path}" is not within ${top}/; the tarball has changed`);
  };
  if (entry.path === '') return undefined;
  const path = moved(entry.path);
  if (path === '') return undefined;
  if (entry.kind === 'symlink' && !staysInside(path, entry.target ?? '')) {
    throw new ArchiveError('UNSAFE_LINK', `the link "${entry.path}" leads outside`);
  }
  if (entry.kind === 'hardlink') return { ...entry, path, target: moved(entry.target ?? '') };
  return { ...entry, path };
}

async function makeParents(folder: string, path: string, made: Map<string, number>): Promise<void> {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const parent = parts.slice(0, depth).join('/');
    if (made.has(parent)) continue;
    await mkdir(join(folder, parent));
    made.set(parent, 0o755);
  }
}

async function writeAll(file: FileHandle | undefined, bytes: Buffer): Promise<void> {
  for (let at = 0; file && at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at);
    at += bytesWritten;
  }
}
