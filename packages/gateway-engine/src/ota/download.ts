import { open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { limits } from '@gateway-engine/device-api';
import {
  DeviceApiError,
  type DeviceClient,
  NetworkError,
  type ProductName,
  ProtocolError,
  TimeoutError,
  type Verdict,
} from '@gateway-engine/device-client';
import {
  type Clock,
  describeError,
  type Logger,
  type RetrySchedule,
  retryDelays,
  syncDirectory,
} from '@gateway-engine/host';

/** Content that this gateway cannot have: it is not there, not for this gateway, or too large. */
export class ContentError extends Error {
  readonly code = 'CONTENT';
}

/** The platform cannot be reached, does not know this gateway now, or the byte budget is used up; to be tried later. */
export class DownloadPostponed extends Error {
  readonly code = 'DOWNLOAD_POSTPONED';
  /** When the budget begins anew, milliseconds since 1970; undefined when it is not the budget. */
  readonly until: number | undefined;

  constructor(message: string, options: ErrorOptions & { until?: number } = {}) {
    super(message, options);
    this.until = options.until;
  }
}

/** Attempts without a byte of progress; each one that brings some begins it anew. */
export const downloadRetry: RetrySchedule = {
  initialMs: 1_000,
  factor: 2,
  maximumMs: 20_000,
  jitter: 0.5,
  attempts: 5,
};

export interface Downloads {
  readonly client: Pick<DeviceClient, 'contentInfo' | 'download'>;
  readonly product: ProductName;
  /** Whether updates may use the network now, and how much of it. */
  readonly budget: () => Promise<Verdict>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Brings content into a file, going on by Range where an earlier attempt, also of an earlier process, was cut off.
 * Content that was replaced at the platform meanwhile has another part file and starts over.
 * Throws ContentError or DownloadPostponed.
 */
export async function downloadContent(
  parts: Downloads,
  id: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  let delays = retryDelays(downloadRetry);
  for (let reached = 0; ; ) {
    const progress = { bytes: reached };
    try {
      return await attempt(parts, id, file, progress, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DownloadPostponed) throw error;
      refuseForGood(error, id, parts.product);
      if (progress.bytes > reached) delays = retryDelays(downloadRetry);
      reached = Math.max(reached, progress.bytes);
      const delay = delays.next();
      if (delay.done)
        throw new DownloadPostponed(`the download of ${id} waits for the platform`, { cause: error });
      parts.logger.warn({ tarball: id, bytes: reached }, `download interrupted: ${describeError(error)}`);
      await parts.clock.sleep(delay.value, signal);
    }
  }
}

async function attempt(
  { client, product, budget }: Downloads,
  id: string,
  file: string,
  progress: { bytes: number },
  signal: AbortSignal,
): Promise<void> {
  let left = await roomFor(budget, id, progress.bytes);
  const update = { signal, trafficClass: 'update' } as const;
  const info = await client.contentInfo(product, id, update);
  if (info.size > limits.contentBytes) {
    throw new ContentError(`${id} has ${info.size} bytes; ${limits.contentBytes} are the most that is taken`);
  }
  const part = `${file}.${info.updated}-${info.size}.part`;
  let from = await sizeOf(part);
  if (from > info.size) from = 0;
  const output = await open(part, from === 0 ? 'w' : 'r+', 0o600);
  try {
    if (from < info.size) {
      const answer = await client.download(product, id, { ...update, from });
      if (answer.total !== info.size) throw new ProtocolError(`${id} changed its size during the download`);
      if (answer.status === 200) from = 0;
      await output.truncate(from);
      for await (const chunk of answer.body) {
        if (from + chunk.length > info.size) throw new ProtocolError(`${id} is longer than was announced`);
        for (let at = 0; at < chunk.length; ) {
          const { bytesWritten } = await output.write(chunk, at, chunk.length - at, from + at);
          at += bytesWritten;
        }
        from += chunk.length;
        progress.bytes = from;
        left -= chunk.length;
        // Leaving the answer ends its connection; what is here already is gone on from when there is room again.
        if (left <= 0 && from < info.size) throw new DownloadPostponed(pausedText(id, from, info.size));
      }
      if (from !== info.size) throw new ProtocolError(`${id} ended after ${from} of ${info.size} bytes`);
    }
    await output.sync();
  } finally {
    await output.close();
  }
  await rename(part, file);
  await syncDirectory(dirname(file));
}

/** The bytes that an update may take now. Throws DownloadPostponed when there are none. */
async function roomFor(budget: Downloads['budget'], id: string, bytes: number): Promise<number> {
  const verdict = await budget();
  if (verdict.kind === 'may') return verdict.left;
  const until = new Date(verdict.until).toISOString();
  throw new DownloadPostponed(
    `the download of ${id} waits after ${bytes} bytes for the byte budget until ${until}: ${verdict.because}`,
    { until: verdict.until },
  );
}

function pausedText(id: string, bytes: number, size: number): string {
  return `the download of ${id} pauses after ${bytes} of ${size} bytes: the byte budget has no more room for updates`;
}

/** Throws for what no further attempt can mend; returns for what may pass. */
function refuseForGood(error: unknown, id: string, product: ProductName): void {
  if (error instanceof NetworkError || error instanceof TimeoutError || error instanceof ProtocolError)
    return;
  if (!(error instanceof DeviceApiError)) throw error;
  if (error.status === 401)
    throw new DownloadPostponed('the platform does not accept this CIK now', { cause: error });
  if (error.status === 404) {
    throw new ContentError(`${id} is not in the content area of ${product.model}; upload it`, {
      cause: error,
    });
  }
  if (error.status === 416 || error.status >= 500) return;
  throw new ContentError(`the platform refused ${id}`, { cause: error });
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
