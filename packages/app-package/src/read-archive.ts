import { Header } from 'tar';
import { ArchiveError, shown } from './archive-error.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';
import { ByteReader } from './byte-reader.ts';
import { type ArchiveEntry, EntryTree, normaliseEntryPath } from './entry-rules.ts';
import { type ByteSource, gunzip } from './gunzip.ts';
import { type PaxRecords, parsePaxRecords } from './pax-records.ts';

/** An entry, then the bytes of it in order, then the next entry. */
export type ArchiveItem =
  | { readonly kind: 'entry'; readonly entry: ArchiveEntry }
  | { readonly kind: 'bytes'; readonly bytes: Buffer };

const block = 512;
const longestMetadata = 64 * 1024;

/**
 * Walks a tar.gz once, from bytes to entries, and refuses everything doubtful before it is yielded: limits, paths and
 * links that lead outside, devices, duplicates, damage of any sort. A consumer that acts on entries one by one therefore
 * acts only on good ones, but must be ready to undo when a later one throws.
 *
 * Throws ArchiveError; errors of the source pass through.
 */
export async function* readArchive(
  source: ByteSource,
  limits: ArchiveLimits = defaultArchiveLimits,
): AsyncGenerator<ArchiveItem> {
  const reader = new ByteReader(gunzip(source, limits));
  const tree = new EntryTree();
  let overrides: PaxRecords = {};
  try {
    for (let count = 0; ; count++) {
      const raw = await reader.take(block);
      if (!raw) throw new ArchiveError('TRUNCATED', 'it ends without the end mark of a tar archive');
      if (isZero(raw)) break;
      if (count >= limits.entries) {
        throw new ArchiveError('TOO_MANY_ENTRIES', `it has more than ${limits.entries} entries`);
      }
      const header = decodeHeader(raw, overrides);
      const metadata = metadataOf(header);
      if (metadata) {
        Object.assign(overrides, metadata(await takeMetadata(reader, header.size ?? 0)));
        continue;
      }
      overrides = {};
      const entry = asEntry(header, limits);
      tree.add(entry);
      yield { kind: 'entry', entry };
      yield* takeBody(reader, entry);
    }
    await expectZerosOnly(reader);
  } finally {
    await reader.close();
  }
}

function decodeHeader(raw: Buffer, overrides: PaxRecords): Header {
  let header: Header;
  try {
    header = new Header(raw, 0, { ...overrides });
  } catch (cause) {
    throw new ArchiveError('DAMAGED', 'it has an entry header that cannot be read', { cause });
  }
  if (!header.cksumValid) {
    throw new ArchiveError('DAMAGED', 'it is no tar archive, or damaged (wrong checksum in a header)');
  }
  return header;
}

type ReadMetadata = (content: Buffer) => PaxRecords;

/** How to read an entry that only describes the next one; undefined for an entry of its own. */
function metadataOf(header: Header): ReadMetadata | undefined {
  switch (header.type) {
    case 'ExtendedHeader':
    case 'OldExtendedHeader':
      return parsePaxRecords;
    case 'GlobalExtendedHeader':
      return (content) => {
        const records = parsePaxRecords(content);
        if (Object.keys(records).length === 0) return {};
        throw new ArchiveError('UNSUPPORTED_ENTRY', 'its global pax header sets a path or a size');
      };
    case 'NextFileHasLongPath':
    case 'OldGnuLongPath':
      return (content) => ({ path: withoutFinalNul(content) });
    case 'NextFileHasLongLinkpath':
      return (content) => ({ linkpath: withoutFinalNul(content) });
    default:
      return undefined;
  }
}

async function takeMetadata(reader: ByteReader, size: number): Promise<Buffer> {
  if (size > longestMetadata) throw new ArchiveError('TOO_LARGE', 'it has an extended header beyond 64 KiB');
  const content = await reader.take(padded(size));
  if (!content) throw endsWithin('an extended header');
  return content.subarray(0, size);
}

function asEntry(header: Header, limits: ArchiveLimits): ArchiveEntry {
  const raw = header.path ?? '';
  const size = header.size ?? 0;
  const path = normaliseEntryPath(raw, limits);
  const mode = (header.mode ?? 0o644) & 0o777;
  switch (header.type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      if (header.size === undefined) throw new ArchiveError('DAMAGED', `${shown(raw)} has no size`);
      return { kind: 'file', path, mode, size };
    case 'Directory':
      return { kind: 'directory', path, mode, size: 0 };
    case 'SymbolicLink':
    case 'Link':
      if (size > 0) throw new ArchiveError('DAMAGED', `the link ${shown(raw)} has content`);
      return header.type === 'SymbolicLink'
        ? { kind: 'symlink', path, mode, size: 0, target: header.linkpath ?? '' }
        : {
            kind: 'hardlink',
            path,
            mode,
            size: 0,
            target: normaliseEntryPath(header.linkpath ?? '', limits),
          };
    default:
      throw new ArchiveError(
        'UNSUPPORTED_ENTRY',
        `${shown(raw)} is no file, directory or link (${header.type}: devices and pipes are refused)`,
      );
  }
}

async function* takeBody(reader: ByteReader, entry: ArchiveEntry): AsyncGenerator<ArchiveItem> {
  let missing = entry.size;
  while (missing > 0) {
    const bytes = await reader.takeSome(missing);
    if (!bytes) throw endsWithin(shown(entry.path));
    missing -= bytes.length;
    yield { kind: 'bytes', bytes };
  }
  const padding = padded(entry.size) - entry.size;
  if (padding > 0 && !(await reader.take(padding))) throw endsWithin(shown(entry.path));
}

async function expectZerosOnly(reader: ByteReader): Promise<void> {
  for (;;) {
    const rest = await reader.takeSome(64 * 1024);
    if (!rest) return;
    if (!isZero(rest))
      throw new ArchiveError('TRAILING_DATA', 'data follows the end mark of the tar archive');
  }
}

function endsWithin(what: string): ArchiveError {
  return new ArchiveError('TRUNCATED', `it ends within ${what}`);
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function withoutFinalNul(content: Buffer): string {
  const end = content.indexOf(0);
  return content.toString('utf8', 0, end === -1 ? content.length : end);
}
