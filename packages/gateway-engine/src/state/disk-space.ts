import { readFileSync, realpathSync, statfsSync } from 'node:fs';

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE, which is the same for the file beside the database. */
const sqliteFull: ReadonlySet<unknown> = new Set([13, 4874]);
const systemFull: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** Whether an error, or one of its causes, says that there is no room on a disk. */
export function isOutOfSpace(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('errcode' in at && sqliteFull.has(at.errcode)) return true;
    if ('code' in at && systemFull.has(at.code)) return true;
  }
  return false;
}

/** What an install leaves free beyond what it puts on the disk itself. */
export const spareBytes = 16 * 1024 * 1024;

/** Bytes that may still be written to the file system of a folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** What an operator is told of a full disk: which one, how full it is, what there should be. */
export function noSpaceLeft(folder: string, needed: number): string {
  const { blocks, bsize } = statfsSync(folder);
  return `no space left on ${fileSystemOf(folder)}, needs ${needed} bytes; it has ${freeBytes(folder)} of ${blocks * bsize} free`;
}

/** Device and mount point, as `df` shows them. */
function fileSystemOf(folder: string): string {
  const path = `${realpathSync(folder)}/`;
  let found = { device: 'the file system of', place: folder };
  let longest = 0;
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [device = '', place = ''] = line.split(' ').map((word) => word.replaceAll('\\040', ' '));
    const isAbove = path.startsWith(place.endsWith('/') ? place : `${place}/`);
    // A later mount on the same place hides the earlier one.
    if (!isAbove || place.length < longest) continue;
    longest = place.length;
    found = { device, place };
  }
  return `${found.device} ${found.place}`;
}
