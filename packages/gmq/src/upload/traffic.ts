import { join } from 'node:path';
import {
  BudgetGate,
  type DeviceClientOptions,
  TrafficLog,
  Trust,
  trafficFile,
} from '@gateway-engine/device-client';
import { type Clock, gatewayHome, type Logger } from '@gateway-engine/host';
import { version } from '../version.ts';

/** What the queue's clients have in common, and the gateway's byte budget for what they send. */
export interface UploadTraffic {
  readonly client: Pick<
    DeviceClientOptions,
    'userAgent' | 'accounting' | 'program' | 'trafficClass' | 'trust' | 'onTraffic'
  >;
  readonly budget: BudgetGate;
  close(): void;
}

/** One account for the clients of all identities; the limits are those of the gateway's Engine.config. */
export function openTraffic(clock: Clock, logger: Logger, home = gatewayHome()): UploadTraffic {
  const file = trafficFile(undefined);
  const accounts = file === undefined ? undefined : new TrafficLog({ file });
  const budget = new BudgetGate({
    engineConfig: join(home, 'etc', 'Engine.config'),
    accounting: accounts,
    clock,
    warn: (message) => logger.warn(message),
  });
  return {
    client: {
      userAgent: `gmq-v${version}`,
      accounting: accounts ?? false,
      program: 'gmq',
      trafficClass: 'data',
      // There may be a client for each of very many identities, and certificate authorities take their room.
      trust: new Trust(),
      onTraffic: (traffic) => budget.add(traffic),
    },
    budget,
    close: () => accounts?.close(),
  };
}
