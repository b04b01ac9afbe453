import { DeviceApiError, type DeviceClient, type Verdict } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { isCommunicationError } from '../check-in/communication.ts';
import { DownloadPostponed } from '../ota/download-errors.ts';
import type { MetadataSource } from './metadata-source.ts';

/**
 * The platform as the source of metadata. Rejects with DownloadPostponed when the byte budget has no room for updates,
 * and for whatever the platform or the network did, a file that is too long or takes too long among it.
 */
export function platformSource(
  client: Pick<DeviceClient, 'metadata'>,
  budget: () => Promise<Verdict>,
): MetadataSource {
  return {
    get: async (file, maximumBytes, signal) => {
      const verdict = await budget();
      if (verdict.kind === 'waits') {
        const until = new Date(verdict.until).toISOString();
        const text = `the signed metadata waits for the byte budget until ${until}: ${verdict.because}`;
        throw new DownloadPostponed(text, { until: verdict.until });
      }
      try {
        return await client.metadata(file, { maximumBytes, signal, trafficClass: 'update' });
      } catch (error) {
        signal.throwIfAborted();
        if (!isCommunicationError(error)) throw error;
        if (error instanceof DeviceApiError && hasNone(error.status)) return undefined;
        const text = `the signed metadata cannot be had from the platform now: ${describeError(error)}`;
        throw new DownloadPostponed(text, { cause: error });
      }
    },
  };
}

/** A platform of another make refuses in ways of its own what it does not know; a refusal of the key passes. */
function hasNone(status: number): boolean {
  return status < 500 && status !== 401 && status !== 403 && status !== 429;
}
