import { networkInterfaces } from 'node:os';
import type { UsageReport } from '@gateway-engine/device-api';
import {
  dayOf,
  interfaceCounters,
  type TrafficLog,
  TrafficReadError,
  trafficTotals,
} from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { usageReport } from './usage-report.ts';

/**
 * What all programs of the gateway that keep accounts have used of the network today and this month. `accounts` is
 * undefined when none are kept. Accounts that cannot be read are as good as none, and the log says so.
 */
export async function usageOfNetwork(parts: {
  readonly accounts: TrafficLog | undefined;
  readonly now: number;
  readonly warn: (message: string) => void;
}): Promise<UsageReport> {
  const { accounts, now, warn } = parts;
  const day = dayOf(now);
  const sources = {
    day,
    counters: await interfaceCounters(),
    interfaces: Object.keys(networkInterfaces()),
  };
  // Own requests of the last second are still in memory.
  accounts?.flush();
  try {
    const since = (fromDay: string) =>
      accounts ? trafficTotals(accounts.file, { fromDay, toDay: day }) : [];
    return usageReport({ ...sources, ofDay: since(day), ofMonth: since(`${day.slice(0, 7)}-01`) });
  } catch (error) {
    if (!(error instanceof TrafficReadError)) throw error;
    warn(describeError(error));
    return usageReport({ ...sources, ofDay: [], ofMonth: [] });
  }
}
