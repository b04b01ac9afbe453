import { askStatus, formatAddress, type QueueStatus } from '@gateway-engine/gmq';
import { queueSettings } from '../configuration/configuration-facts.ts';
import type { ExaminedGateway } from '../gateway.ts';
import { type Attempt, attempt } from '../reading.ts';

export interface QueueFacts {
  /** Where it is to listen. */
  readonly listen: string;
  /** Bytes that it may take. */
  readonly maxBytes: number;
  readonly status: Attempt<QueueStatus>;
}

export async function queueFacts(
  gateway: ExaminedGateway,
): Promise<QueueFacts | { readonly unknown: string }> {
  const settings = await queueSettings(gateway);
  if (settings.kind === 'bad') return { unknown: 'gmq.cfg cannot be read' };
  if (settings.kind === 'missing') return { unknown: `there is no ${gateway.layout.gmqCfg}` };
  return {
    listen: formatAddress(settings.value.listen),
    maxBytes: settings.value.maxBytes,
    status: await attempt(() => askStatus(settings.value)),
  };
}
