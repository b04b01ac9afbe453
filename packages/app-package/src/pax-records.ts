import { ArchiveError } from './archive-error.ts';

/** What a pax header may change in the entry after it. Times and owners are of no interest here. */
export interface PaxRecords {
  path?: string;
  linkpath?: string;
  size?: number;
}

/**
 * Reads `<length> <key>=<value>\n` records strictly: two programs that read a doubtful header differently would see
 * two different archives. Throws ArchiveError.
 */
export function parsePaxRecords(content: Buffer): PaxRecords {
  const damaged = () => new ArchiveError('DAMAGED', 'it has a pax header that cannot be read');
  const records: PaxRecords = {};
  let at = 0;
  while (at < content.length) {
    const blank = content.indexOf(0x20, at);
    const digits = blank === -1 ? '' : content.toString('latin1', at, blank);
    if (!/^[1-9]\d{0,6}$/.test(digits)) throw damaged();
    const end = at + Number(digits);
    const equals = content.indexOf(0x3d, blank);
    if (end > content.length || equals === -1 || equals >= end || content[end - 1] !== 0x0a) throw damaged();
    const key = content.toString('utf8', blank + 1, equals);
    const value = content.toString('utf8', equals + 1, end - 1);
    if (key === 'path' || key === 'linkpath') records[key] = value;
    if (key === 'size') {
      if (!/^\d{1,15}$/.test(value)) throw damaged();
      records.size = Number(value);
    }
    if (key.startsWith('GNU.sparse')) {
      throw new ArchiveError('UNSUPPORTED_ENTRY', 'it has a sparse file; pack it without --sparse');
    }
    at = end;
  }
  return records;
}
