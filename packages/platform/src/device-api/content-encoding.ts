import { promisify } from 'node:util';
import { constants, gunzip, zstdDecompress } from 'node:zlib';
import { type BodyEncoding, bodyEncodings } from '@gateway-engine/device-api';
import { Refusal } from './answer.ts';

/** The codings that are undone here: what devices are told they may use. */
export const decodedEncodings: readonly BodyEncoding[] = bodyEncodings;

const gzip = promisify(gunzip);
const zstd = promisify(zstdDecompress);

/** A frame may ask for a window of 128 MiB; bodies of this size never need more than 8. */
const mostWindow = { [constants.ZSTD_d_windowLogMax]: 23 };

const decoders: Readonly<Record<BodyEncoding, (body: Buffer, maxOutputLength: number) => Promise<Buffer>>> = {
  gzip: (body, maxOutputLength) => gzip(body, { maxOutputLength }),
  zstd: (body, maxOutputLength) => zstd(body, { maxOutputLength, params: mostWindow }),
};

/** Codings that a body may really be in, and that nobody here can undo. */
const unknownHere = /^(?:deflate|compress|x-compress|br|dcb|dcz)$|,/;

/**
 * The coding that `Content-Encoding` names; undefined for a body as it is. Anything else that devices write there
 * (`utf-8` occurs) is passed over, as it always was. Refuses with 415 a coding that is not undone here.
 */
export function encodingOf(header: string | undefined): BodyEncoding | undefined {
  const name = header?.toLowerCase();
  if (name === undefined) return undefined;
  if (unknownHere.test(name)) throw new Refusal(415);
  const coding = name === 'x-gzip' ? 'gzip' : name;
  return decodedEncodings.find((one) => one === coding);
}

/** Refuses with 413 what becomes longer than `limitBytes` (it is not unpacked further), with 400 what is damaged. */
export async function decodeBody(body: Buffer, encoding: BodyEncoding, limitBytes: number): Promise<Buffer> {
  try {
    return await decoders[encoding](body, limitBytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new Refusal(code === 'ERR_BUFFER_TOO_LARGE' ? 413 : 400);
  }
}
