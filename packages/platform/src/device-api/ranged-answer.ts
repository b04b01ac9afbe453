import type { FileHandle } from 'node:fs/promises';
import { type Answer, Refusal } from './answer.ts';
import { parseByteRange } from './byte-range.ts';

/** The bytes of an open file that a `Range` header asks for. The file is closed when they are sent, or refused. */
export async function rangedAnswer(
  { file, size, contentType }: { file: FileHandle; size: number; contentType: string },
  rangeHeader: string | undefined,
): Promise<Answer> {
  const range = parseByteRange(rangeHeader, size);
  const type = { 'Content-Type': contentType };
  if (range === 'whole') return { status: 200, headers: type, body: { file, start: 0, length: size } };
  if (range === 'unsatisfiable') {
    await file.close();
    throw new Refusal(416, { headers: { 'Content-Range': `bytes */${size}` } });
  }
  const { first, last } = range;
  return {
    status: 206,
    headers: { ...type, 'Content-Range': `bytes ${first}-${last}/${size}` },
    body: { file, start: first, length: last - first + 1 },
  };
}
