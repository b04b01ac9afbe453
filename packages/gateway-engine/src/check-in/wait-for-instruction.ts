import { gatewayAliases, limits } from '@gateway-engine/device-api';
import { DeviceApiError, type DeviceClient } from '@gateway-engine/device-client';
import {
  type Clock,
  describeError,
  type Logger,
  type RetrySchedule,
  retryDelays,
} from '@gateway-engine/host';
import { afterPoll, type InstructionWatch } from './instruction-watch.ts';
import { sleepUntil, withEither } from './wake-up.ts';

/** What ended the wait between two check-ins. */
export interface Waited {
  readonly watch: InstructionWatch;
  readonly instruction: string | undefined;
  /** Whether the server's clock has left the second of the instruction. */
  readonly secondIsOver: boolean;
  /** Whether the last poll was answered, so that instructions can be left to polls. */
  readonly polls: boolean;
}

const pollRetry: RetrySchedule = { initialMs: 1_000, factor: 2, maximumMs: 60_000, jitter: 0.5 };
/** No two polls begin closer to each other, whatever the server answers. */
const pauseMs = 1_000;

/**
 * Waits `ms` milliseconds, or until the platform has an instruction: by long polls, one after another. Polls that fail
 * only slow down; the check-ins go on without them. `wake` ends the wait early, and nothing of what is known is lost.
 */
export async function waitForInstruction(
  parts: { readonly client: Pick<DeviceClient, 'longPoll'>; readonly clock: Clock; readonly logger: Logger },
  start: InstructionWatch,
  ms: number,
  signal: AbortSignal,
  wake?: AbortSignal,
): Promise<Waited> {
  const { client, clock, logger } = parts;
  const deadline = clock.monotonic() + ms;
  const remaining = () => deadline - clock.monotonic();
  const pause = (wanted: number) =>
    sleepUntil(clock, Math.max(0, Math.min(wanted, remaining())), signal, wake);
  let delays = retryDelays(pollRetry);
  let watch = start;
  let polls = false;
  while (remaining() > 0 && !wake?.aborted) {
    const began = clock.monotonic();
    try {
      const waitMs = Math.min(remaining(), limits.longPollMs);
      const { since } = watch;
      const point = await withEither(signal, wake, (either) =>
        client.longPoll(gatewayAliases.engineFetch, { waitMs, since, signal: either }),
      );
      if (point) {
        const polled = afterPoll(watch, point);
        watch = polled.watch;
        if (polled.instruction !== undefined) {
          return { watch, instruction: polled.instruction, secondIsOver: !polled.repeats, polls: true };
        }
      }
      const tookMs = clock.monotonic() - began;
      // An answer that says "nothing yet" at once: the platform has no such resource, or does not wait.
      polls = point !== undefined || tookMs >= waitMs / 2;
      if (polls) delays = retryDelays(pollRetry);
      const shortest = polls ? pauseMs : (delays.next().value ?? pollRetry.maximumMs);
      if (tookMs < shortest) await pause(shortest - tookMs);
    } catch (error) {
      signal.throwIfAborted();
      // The poll was under way: nothing speaks against the next one.
      if (wake?.aborted) return { watch, instruction: undefined, secondIsOver: false, polls: true };
      polls = false;
      logger.debug(`long poll: ${describeError(error)}`);
      await pause(delays.next().value ?? pollRetry.maximumMs);
      // The CIK is refused: a check-in will see that, too, and get another.
      if (error instanceof DeviceApiError && error.status === 401) break;
    }
  }
  return { watch, instruction: undefined, secondIsOver: false, polls };
}
