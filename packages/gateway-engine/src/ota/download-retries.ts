import {
  DeviceApiError,
  NetworkError,
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
} from '@gateway-engine/host';
import { ContentError, DownloadPostponed, WrongBytes } from './download-errors.ts';
import type { Progress } from './download-part.ts';

/** Attempts without progress; each one that brings some begins it anew. */
export const downloadRetry: RetrySchedule = {
  initialMs: 1_000,
  factor: 2,
  maximumMs: 20_000,
  jitter: 0.5,
  attempts: 5,
};

/** Between two rounds of attempts: 30 to 60 seconds, so that a fleet that lost its platform does not come back as one. */
export function pauseMs(random: () => number = Math.random): number {
  return Math.round(60_000 * (1 - 0.5 * random()));
}

/** Less than this is no progress: whoever gives a byte at a time must not keep all other installs waiting for ever. */
const leastProgress = 1024;

export interface Retrying {
  /** Whether updates may use the network now, and how much of it. */
  readonly budget: () => Promise<Verdict>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Carries out attempts until one succeeds. `attempt` gets the bytes that the budget leaves. Wrong bytes are thrown away
 * once, by `startOver`, which is said; a second time they are for good. `refuse` throws for an answer of the platform
 * that no further attempt can mend. Throws ContentError or DownloadPostponed.
 */
export async function untilWhole<T>(
  parts: Retrying,
  what: {
    readonly name: string;
    readonly attempt: (room: number, progress: Progress) => Promise<T>;
    readonly startOver: () => Promise<void>;
    readonly refuse: (error: DeviceApiError) => void;
  },
  signal: AbortSignal,
): Promise<T> {
  const { logger, clock } = parts;
  const { name } = what;
  let delays = retryDelays(downloadRetry);
  let reached = 0;
  for (let isSecond = false; ; ) {
    const progress = { bytes: reached };
    try {
      return await what.attempt(await roomFor(parts.budget, name, reached), progress);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WrongBytes) {
        if (isSecond) throw new ContentError(`${error.message}, also after starting over`, { cause: error });
        logger.warn({ tarball: name }, `${error.message}; the download starts over, once`);
        isSecond = true;
        reached = 0;
        await what.startOver();
        continue;
      }
      refuseForGood(error, name, what.refuse);
      if (progress.bytes >= reached + leastProgress) delays = retryDelays(downloadRetry);
      reached = Math.max(reached, progress.bytes);
      const delay = delays.next();
      if (delay.done)
        throw new DownloadPostponed(`the download of ${name} waits for the platform`, { cause: error });
      logger.warn({ tarball: name, bytes: reached }, `download interrupted: ${describeError(error)}`);
      await clock.sleep(delay.value, signal);
    }
  }
}

/** The bytes that an update may take now. Throws DownloadPostponed when there are none. */
async function roomFor(budget: Retrying['budget'], name: string, bytes: number): Promise<number> {
  const verdict = await budget();
  if (verdict.kind === 'may') return verdict.left;
  const until = new Date(verdict.until).toISOString();
  throw new DownloadPostponed(
    `the download of ${name} waits after ${bytes} bytes for the byte budget until ${until}: ${verdict.because}`,
    { until: verdict.until },
  );
}

/** Throws for what no further attempt can mend; returns for what may pass. */
function refuseForGood(error: unknown, name: string, refuse: (error: DeviceApiError) => void): void {
  if (error instanceof NetworkError || error instanceof TimeoutError || error instanceof ProtocolError)
    return;
  if (!(error instanceof DeviceApiError)) throw error;
  if (error.status === 401)
    throw new DownloadPostponed('the platform does not accept this CIK now', { cause: error });
  if (error.status >= 500 || error.status === 429) return;
  refuse(error);
  throw new ContentError(`the platform refused ${name}`, { cause: error });
}
