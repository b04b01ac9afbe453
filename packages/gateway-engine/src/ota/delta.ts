import { readFile, rm, writeFile } from 'node:fs/promises';
import { DeviceApiError } from '@gateway-engine/device-client';
import { applyDelta, type SignedTar } from './delta-apply.ts';
import { DeltaError } from './delta-error.ts';
import type { Deltas, Downloads } from './download.ts';
import { ContentError, DownloadPostponed, WrongBytes } from './download-errors.ts';
import { fillPart, type Opened, sizeOf } from './download-part.ts';
import { untilWhole } from './download-retries.ts';

/** What a download by delta works with. */
export type DeltaParts = Omit<Downloads, 'client' | 'deltas'> & Deltas;

/** The version that is wanted, as it is signed, and the one that is here. */
export interface DeltaWish {
  readonly id: string;
  /** Of the tarball, bytes. */
  readonly length: number;
  readonly tar: SignedTar;
  readonly from: { readonly id: string; readonly file: string };
}

/**
 * Makes the tarball `file` out of the one that is here and what the platform says has changed. Gives the bytes of that.
 * The platform is not asked first whether it makes deltas: the answer would be longer than that to the question itself.
 * Throws DeltaError when the whole is needed, and says why; DownloadPostponed.
 */
export async function downloadByDelta(
  parts: DeltaParts,
  wish: DeltaWish,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const { client, logger } = parts;
  const update = { signal, trafficClass: 'update' } as const;
  if (wish.tar.length >= parts.maximumBytes) {
    throw new DeltaError(`it has more than ${parts.maximumBytes} bytes (max_delta_bytes in Engine.config)`);
  }
  const part = `${file}.delta`;
  const name = `the delta to ${wish.id}`;
  const contents = { from: wish.from.id, to: wish.id };
  const attempt = async (room: number, progress: { bytes: number }) => {
    const before = await sizeOf(part);
    const source = {
      name,
      open: (from: number) => openDelta(() => client.downloadDelta(contents, { ...update, from }), from),
      checkTotal: (total: number) => {
        if (total >= wish.length) throw new DeltaError(`it has ${total} bytes, the whole ${wish.length}`);
      },
    };
    await fillPart(parts, source, part, room, progress);
    try {
      await applyDelta(
        { kept: wish.from.file, delta: part, tar: wish.tar, maximumBytes: parts.maximumBytes },
        file,
      );
    } catch (error) {
      // What came in pieces may be of two deltas, made one after the other.
      if (before > 0 && error instanceof DeltaError) throw new WrongBytes(error.message, { cause: error });
      throw error;
    }
    return await sizeOf(part);
  };
  try {
    const startOver = () => rm(part, { force: true });
    const bytes = await untilWhole(parts, { name, attempt, startOver, refuse: refuseDelta }, signal);
    await rm(part, { force: true });
    logger.info({ tarball: wish.id, from: wish.from.id, bytes, whole: wish.length }, 'made by a delta');
    return bytes;
  } catch (error) {
    if (error instanceof DownloadPostponed) throw error;
    await rm(part, { force: true });
    if (error instanceof ContentError) throw new DeltaError(error.message, { cause: error });
    throw error;
  }
}

/** Only the answer says how long a delta is: one that has no byte from there on is here already, or is another one. */
async function openDelta(call: () => Promise<Opened>, from: number): Promise<Opened> {
  try {
    return await call();
  } catch (error) {
    if (from === 0 || !(error instanceof DeviceApiError) || error.status !== 416) throw error;
    return { status: 206, total: from, body: (async function* () {})() };
  }
}

function refuseDelta(error: DeviceApiError): void {
  if (error.status === 404) throw new DeltaError('the platform has none of these two', { cause: error });
}

/** Why the whole is needed, when that was found out before; it stays beside the tarball until the install has ended. */
export async function whyWhole(file: string): Promise<string | undefined> {
  try {
    return await readFile(noteOf(file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export async function noteWhyWhole(file: string, why: string): Promise<void> {
  await writeFile(noteOf(file), why, { mode: 0o600 });
}

function noteOf(file: string): string {
  return `${file}.no-delta`;
}

const dayMs = 24 * 3600 * 1000;

/**
 * Asks the budget again before the whole takes the place of a delta: what is left must hold all that is missing of it.
 * Throws DownloadPostponed otherwise.
 */
export async function mustAffordWhole(
  { budget, clock }: Pick<Downloads, 'budget' | 'clock'>,
  { id, missing, because }: { readonly id: string; readonly missing: number; readonly because: string },
): Promise<void> {
  const verdict = await budget();
  // A budget that is used up is told by the download itself.
  if (verdict.kind === 'waits' || verdict.left >= missing) return;
  throw new DownloadPostponed(
    `the whole of ${id} waits: there is no delta (${because}), ${missing} bytes are missing, and the byte budget leaves ${verdict.left} for updates`,
    { until: (Math.floor(clock.now() / dayMs) + 1) * dayMs },
  );
}
