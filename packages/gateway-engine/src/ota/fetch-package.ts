import type { TrustVerdict } from '../trust/update-trust.ts';
import { downloadByDelta, mustAffordWhole, noteWhyWhole, whyWhole } from './delta.ts';
import { DeltaError } from './delta-error.ts';
import { type Downloads, downloadContent, missingOf } from './download.ts';

/** A version that is here whole: its content id, and the tarball that is kept of it. */
export interface KeptVersion {
  readonly id: string;
  readonly file: string;
}

/** Of a package that is smaller the whole takes hardly more than the question for a delta and its answer. */
const leastBytes = 8 * 1024;

/**
 * Brings the tarball of a package into a file: by a delta to the version that is here when it is signed, else whole.
 * That a delta was not to be had is said, and the budget is asked again for the whole. Throws ContentError or
 * DownloadPostponed.
 */
export async function fetchPackage(
  downloads: Downloads,
  wanted: {
    readonly id: string;
    readonly trust: TrustVerdict | undefined;
    readonly kept: KeptVersion | undefined;
  },
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const { id, trust, kept } = wanted;
  const signed = trust?.kind === 'signed' ? trust : undefined;
  const { deltas } = downloads;
  const isWorthAsking = signed !== undefined && signed.length >= leastBytes && kept?.id !== id;
  if (isWorthAsking && kept && deltas && deltas.maximumBytes > 0) {
    let because = await whyWhole(file);
    if (because === undefined) {
      const wish = { id, length: signed.length, tar: signed.custom.tar, from: kept };
      try {
        await downloadByDelta({ ...downloads, ...deltas }, wish, file, signal);
        return;
      } catch (error) {
        if (!(error instanceof DeltaError)) throw error;
        because = error.message;
      }
      await noteWhyWhole(file, because);
      downloads.logger.warn({ tarball: id, whole: signed.length }, `no delta from ${kept.id}: ${because}`);
    }
    const missing = await missingOf(signed, file);
    await mustAffordWhole(downloads, { id, missing, because });
  }
  await downloadContent(downloads, { id, signed }, file, signal);
}
