import { gatewayAliases } from '@gateway-engine/device-api';
import {
  changeGatewayCfg,
  DeviceApiError,
  type DeviceClient,
  readGatewayCfg,
} from '@gateway-engine/device-client';
import { type Clock, type RetrySchedule, retryDelays } from '@gateway-engine/host';
import { isCommunicationError } from '../check-in/communication.ts';
import type { GatewayIdentity } from '../configuration/identity.ts';

/** `known`: the gateway had a key, and the platform accepts it. */
export type Activation = 'activated' | 'known';

export interface ActivationParts {
  readonly client: Pick<DeviceClient, 'cik' | 'read' | 'activate'>;
  readonly identity: Omit<GatewayIdentity, 'cik'>;
  readonly gatewayCfg: string;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Longest time between two attempts: the engine's. */
  readonly retryMs: number;
  /** Told before each pause, of what went wrong and how long the pause is. */
  readonly onPause: (error: Error, ms: number) => void;
}

/**
 * Obtains the gateway's key, and writes it down before anything else; what the engine obtained meanwhile counts as well.
 * Tries again for `waitMs`. Rejects with the last failure (DeviceApiError, NetworkError, ...).
 */
export async function activateGateway(
  parts: ActivationParts,
  waitMs: number,
  signal: AbortSignal,
): Promise<Activation> {
  const { clock, retryMs, onPause } = parts;
  const schedule: RetrySchedule = { initialMs: 2_000, factor: 2, maximumMs: retryMs, jitter: 0.5 };
  const end = clock.monotonic() + waitMs;
  for (const delay of retryDelays(schedule)) {
    try {
      return await tryOnce(parts, signal);
    } catch (error) {
      signal.throwIfAborted();
      const left = end - clock.monotonic();
      if (!isCommunicationError(error) || left <= 0) throw error;
      const pause = Math.min(delay, left);
      onPause(error, pause);
      await clock.sleep(pause, signal);
    }
  }
  throw new Error('the schedule of attempts has no end');
}

async function tryOnce(
  { client, identity, gatewayCfg }: ActivationParts,
  signal: AbortSignal,
): Promise<Activation> {
  client.cik = (await readGatewayCfg(gatewayCfg)).cik;
  if (client.cik !== undefined && (await isAccepted(client, signal))) return 'known';
  try {
    const cik = await client.activate(identity, { signal });
    await changeGatewayCfg(gatewayCfg, { cik });
    client.cik = cik;
    return 'activated';
  } catch (error) {
    // An engine that runs may have been first.
    const other = (await readGatewayCfg(gatewayCfg)).cik;
    const isTaken = error instanceof DeviceApiError && error.status === 409;
    if (!isTaken || other === undefined || other === client.cik) throw error;
    client.cik = other;
    if (await isAccepted(client, signal)) return 'activated';
    throw error;
  }
}

async function isAccepted(client: ActivationParts['client'], signal: AbortSignal): Promise<boolean> {
  try {
    await client.read([gatewayAliases.updateInterval], { signal });
    return true;
  } catch (error) {
    if (error instanceof DeviceApiError && error.status === 401) return false;
    throw error;
  }
}
