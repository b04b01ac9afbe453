import { DeviceApiError, NetworkError, TimeoutError } from '@gateway-engine/device-client';
import { type Clock, describeError } from '@gateway-engine/host';
import type { SownFleet } from './sow-fleet.ts';

/** Below the six minutes after which the page takes a gateway for quiet. */
const beatEveryMs = 60_000;

/**
 * Lets the gateways that are up write every minute, until the signal is aborted. A platform that is away for a while, for
 * a restart say, is told once and asked again.
 */
export async function keepAlive(
  fleet: Pick<SownFleet, 'beat'>,
  { clock, say, signal }: { clock: Clock; say: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  let isAway = false;
  while (!signal.aborted) {
    try {
      await fleet.beat();
      isAway = false;
    } catch (error) {
      if (signal.aborted) return;
      if (!isTrouble(error)) throw error;
      if (!isAway) say(`the fleet waits for the platform: ${describeError(error)}`);
      isAway = true;
    }
    await clock.sleep(beatEveryMs, signal).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  }
}

function isTrouble(error: unknown): boolean {
  if (error instanceof DeviceApiError) return error.status >= 500;
  return error instanceof NetworkError || error instanceof TimeoutError;
}
