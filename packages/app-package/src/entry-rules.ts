import { ArchiveError, shown } from './archive-error.ts';
import type { ArchiveLimits } from './archive-limits.ts';

export type EntryKind = 'file' | 'directory' | 'symlink' | 'hardlink';

export interface ArchiveEntry {
  readonly kind: EntryKind;
  /** Relative, normalised, `/` between parts. Empty for the archive's root itself. */
  readonly path: string;
  /** Permission bits only. */
  readonly mode: number;
  readonly size: number;
  /** Of a link: for a symlink the text as it is, for a hard link the normalised path of an earlier file. */
  readonly target?: string;
}

/** A path of the archive without `.` parts and doubled or final slashes. Throws ArchiveError when it is unsafe. */
export function normaliseEntryPath(raw: string, limits: Pick<ArchiveLimits, 'pathBytes' | 'depth'>): string {
  const refuse = (problem: string) => new ArchiveError('UNSAFE_PATH', `the path ${shown(raw)} ${problem}`);
  if (Buffer.byteLength(raw) > limits.pathBytes) throw refuse(`is longer than ${limits.pathBytes} bytes`);
  if (raw.startsWith('/')) throw refuse('is absolute');
  if (hasControlCharacters(raw)) throw refuse('has control characters or is not UTF-8');
  const parts = raw.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse('leads outside (..)');
  if (parts.length > limits.depth) throw refuse(`is deeper than ${limits.depth} directories`);
  if (parts.some((part) => Buffer.byteLength(part) > 255)) throw refuse('has a part longer than 255 bytes');
  return parts.join('/');
}

/**
 * Whether a symlink stays inside the directory that `path` is relative to. `..` may stand only in front: a link's own
 * directories are real ones (EntryTree sees to that), so each such step is exact, while `x/..` through another
 * link could end anywhere.
 */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || hasControlCharacters(target)) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.findIndex((part) => part !== '..');
  const upward = up === -1 ? parts.length : up;
  if (parts.slice(upward).includes('..')) return false;
  const depth = path.split('/').length - 1;
  return upward <= depth;
}

/** The tree that the entries seen so far make: nothing twice, and no entry below a link or a file. */
export class EntryTree {
  readonly #kinds = new Map<string, EntryKind | 'implied'>();

  /** Throws ArchiveError when the entry does not fit into the tree. */
  add(entry: ArchiveEntry): void {
    if (entry.path === '') {
      if (entry.kind === 'directory') return;
      throw new ArchiveError('UNSAFE_PATH', 'an entry that is no directory stands for the archive itself');
    }
    this.#addParents(entry.path);
    const before = this.#kinds.get(entry.path);
    if (before !== undefined && !(before === 'implied' && entry.kind === 'directory')) {
      throw new ArchiveError('DUPLICATE_ENTRY', `${shown(entry.path)} is in it twice`);
    }
    const target = entry.target ?? '';
    if (entry.kind === 'symlink' && !staysInside(entry.path, target)) {
      throw new ArchiveError(
        'UNSAFE_LINK',
        `the link ${shown(entry.path)} leads outside (to ${shown(target)})`,
      );
    }
    if (entry.kind === 'hardlink' && this.#kinds.get(target) !== 'file') {
      throw new ArchiveError(
        'UNSAFE_LINK',
        `the hard link ${shown(entry.path)} does not name a file before it (${shown(target)})`,
      );
    }
    this.#kinds.set(entry.path, entry.kind);
  }

  #addParents(path: string): void {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      const kind = this.#kinds.get(parent);
      if (kind === undefined) this.#kinds.set(parent, 'implied');
      else if (kind !== 'directory' && kind !== 'implied') {
        throw new ArchiveError('UNSAFE_PATH', `${shown(path)} lies below ${shown(parent)}, a ${kind}`);
      }
    }
  }
}

function hasControlCharacters(text: string): boolean {
  return /[\p{Cc}\uFFFD]/u.test(text);
}
