import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { limits } from '@gateway-engine/device-api';
import {
  DeviceApiError,
  type DeviceClient,
  type ProductName,
  ProtocolError,
} from '@gateway-engine/device-client';
import { describeError, syncDirectory } from '@gateway-engine/host';
import { freeBytes, noSpaceLeft, spareBytes } from '../state/disk-space.ts';
import { ContentError, WrongBytes } from './download-errors.ts';
import { fillPart, type Opened, type Progress, sizeOf } from './download-part.ts';
import { type Retrying, untilWhole } from './download-retries.ts';
import { sha256OfFile } from './file-hash.ts';
import { isOfZlib, tarOf } from './tar-of.ts';

export { ContentError, DownloadPostponed } from './download-errors.ts';

export interface Downloads extends Retrying {
  readonly client: Pick<DeviceClient, 'contentInfo' | 'download'>;
  readonly product: ProductName;
  /** How deltas to signed content are had; undefined: none are asked for. */
  readonly deltas?: Deltas | undefined;
}

export interface Deltas {
  readonly client: Pick<DeviceClient, 'downloadDelta'>;
  /** Old and new tar together, bytes: that bounds the memory it takes. 0: no deltas. */
  readonly maximumBytes: number;
}

/** Content of the product, and what is signed of it when anything is. */
export interface WantedContent {
  readonly id: string;
  /** `sha256` is hexadecimal. */
  readonly signed?: { readonly length: number; readonly sha256: string } | undefined;
}

/** What the part file is to become: `stamp` names these bytes and no others. */
interface Version {
  readonly stamp: string;
  readonly size: number;
}

/**
 * Brings content into a file, going on by Range where an earlier attempt, also of an earlier process, was cut off. No
 * more is taken than the signed length. The whole is compared with the signed hash; without one, gzip's own checksum
 * must agree when it came in several pieces. If not, it starts over, once. Content that was replaced at the platform
 * meanwhile has another part file. Throws ContentError or DownloadPostponed.
 */
export async function downloadContent(
  parts: Downloads,
  wanted: WantedContent,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const { id } = wanted;
  await untilWhole(
    parts,
    {
      name: id,
      attempt: (room, progress) => attempt(parts, wanted, file, { room, progress, signal }),
      startOver: async () => {
        for (const part of await partsOf(file)) await rm(part, { force: true });
      },
      refuse: (error) => {
        if (error.status !== 404) return;
        throw new ContentError(`${id} is not in the content area of ${parts.product.model}; upload it`, {
          cause: error,
        });
      },
    },
    signal,
  );
}

async function attempt(
  parts: Downloads,
  wanted: WantedContent,
  file: string,
  { room, progress, signal }: { room: number; progress: Progress; signal: AbortSignal },
): Promise<void> {
  const { client, product, logger } = parts;
  const { id, signed } = wanted;
  const update = { signal, trafficClass: 'update' } as const;
  const { stamp, size } = await versionOf(parts, wanted, update);
  const part = partOf(file, stamp);
  for (const other of await partsOf(file)) {
    if (other === part) continue;
    logger.warn(`${await sizeOf(other)} bytes of another version of ${id} are thrown away`);
    await rm(other, { force: true });
  }
  const before = await sizeOf(part);
  if (before > size) throw new WrongBytes(`there are ${before} bytes of ${id}, which has ${size}`);
  if (before < size) {
    mustHaveRoom(dirname(file), size - before);
    const source = {
      name: id,
      open: (from: number) => openFrom(() => client.download(product, id, { ...update, from }), id, from),
      checkTotal: (total: number) => checkTotal(wanted, size, total),
    };
    await fillPart(parts, source, part, room, progress);
  } else await makeDurable(part);
  if (signed) {
    const sha256 = await sha256OfFile(part);
    if (sha256 !== signed.sha256) {
      throw new WrongBytes(`${id} came with the SHA-256 ${sha256}, signed is ${signed.sha256}`);
    }
  } else if (before > 0) await mustBeSound(id, part);
  await rename(part, file);
  await syncDirectory(dirname(file));
}

function mustHaveRoom(folder: string, bytes: number): void {
  const needed = bytes + spareBytes;
  if (needed > freeBytes(folder)) throw new ContentError(noSpaceLeft(folder, needed), { because: 'disk' });
}

/** Bytes of signed content that are not here yet. */
export async function missingOf(signed: NonNullable<WantedContent['signed']>, file: string): Promise<number> {
  return Math.max(0, signed.length - (await sizeOf(partOf(file, signed.sha256))));
}

function partOf(file: string, stamp: string): string {
  return `${file}.${stamp}.part`;
}

/** By the signature when there is one, which also spares a question; else by what the platform says of it. */
async function versionOf(
  { client, product }: Downloads,
  { id, signed }: WantedContent,
  options: { signal: AbortSignal; trafficClass: 'update' },
): Promise<Version> {
  const { stamp, size } = signed
    ? { stamp: signed.sha256, size: signed.length }
    : await client.contentInfo(product, id, options).then((info) => ({
        stamp: `${info.updated}-${info.size}`,
        size: info.size,
      }));
  if (size > limits.contentBytes) {
    throw new ContentError(`${id} has ${size} bytes; ${limits.contentBytes} are the most that is taken`);
  }
  return { stamp, size };
}

function checkTotal({ id, signed }: WantedContent, size: number, total: number): void {
  if (total === size) return;
  if (signed) {
    throw new ContentError(`the platform has ${total} bytes as ${id}, signed are ${size}; publish it again`);
  }
  // It was replaced since the platform was asked for its length.
  throw new ProtocolError(`${id} changed its size during the download`);
}

/** A platform that has no byte from there on has other content than what the part file is of. */
async function openFrom(call: () => Promise<Opened>, name: string, from: number): Promise<Opened> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof DeviceApiError) || error.status !== 416) throw error;
    throw new WrongBytes(`the platform has nothing of ${name} from byte ${from} on (status 416)`, {
      cause: error,
    });
  }
}

/** What came in pieces, perhaps of two uploads within a second, must be one gzip stream. */
async function mustBeSound(id: string, part: string): Promise<void> {
  try {
    for await (const _ of tarOf(part));
  } catch (error) {
    if (!isOfZlib(error)) throw error;
    throw new WrongBytes(`the pieces of ${id} do not fit together (${describeError(error)})`, {
      cause: error,
    });
  }
}

async function makeDurable(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function partsOf(file: string): Promise<string[]> {
  const folder = dirname(file);
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(`${basename(file)}.`) && name.endsWith('.part'))
    .map((name) => join(folder, name));
}
