import { gzipSync } from 'node:zlib';

/** One entry of a hand-made archive; nothing about it is checked, so that hostile ones can be made. */
export interface RawEntry {
  readonly path: string;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  /** Type flag of the tar header: '0' file, '1' hard link, '2' symlink, '3' device, '5' directory, 'x' pax, ... */
  readonly type?: string;
  readonly linkpath?: string;
  /** Size in the header when it should differ from the content's. */
  readonly size?: number;
}

/** The bytes of an uncompressed tar archive, written by hand: independent of the library under test. */
export function rawTar(entries: readonly RawEntry[], options: { endMark?: boolean } = {}): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    parts.push(rawHeader(entry, content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  if (options.endMark ?? true) parts.push(Buffer.alloc(1024));
  return Buffer.concat(parts);
}

/** A tar.gz of these entries. */
export function rawTarball(entries: readonly RawEntry[]): Buffer {
  return gzipSync(rawTar(entries));
}

/** One 512-byte header with a right checksum. */
export function rawHeader(entry: RawEntry, contentLength = 0): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, length: number) =>
    header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  header.write(entry.path, 0, 100);
  octal(entry.mode ?? 0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.size ?? contentLength, 124, 12);
  octal(0, 136, 12);
  header.write(entry.type ?? '0', 156, 1);
  header.write(entry.linkpath ?? '', 157, 100);
  header.write('ustar\0' + '00', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
