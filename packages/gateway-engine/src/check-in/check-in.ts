import { gatewayAliases } from '@gateway-engine/device-api';
import type { DeviceClient } from '@gateway-engine/device-client';
import { describeError, type Logger } from '@gateway-engine/host';
import { type ProcessInfo, type SupervisorClient, SupervisorUnreachable } from '@gateway-engine/supervisor';
import { deviceInfo } from '../reports/device-info.ts';
import { engineReport, type KnownVersion } from '../reports/engine-report.ts';
import type { UsageLedger } from '../reports/usage-ledger.ts';
import type { StatusOutbox } from '../state/status-outbox.ts';
import type { InstallNotice } from './install-notice.ts';

export interface CheckInParts {
  readonly client: Pick<DeviceClient, 'writeRead'>;
  readonly supervisor: Pick<SupervisorClient, 'getAllProcessInfo'>;
  readonly usage: UsageLedger;
  readonly outbox: StatusOutbox;
  readonly notice: InstallNotice;
  readonly versions: () => readonly KnownVersion[];
  readonly engineVersion: string;
  readonly logger: Logger;
}

export interface CheckInAnswer {
  /** The server's clock, seconds. */
  readonly date: number | undefined;
  /** Newest value of `engine_fetch`; empty when there is none. */
  readonly engineFetch: string;
  readonly updateInterval: string | undefined;
}

/**
 * One check-in is one request: it writes the reports, and what `fetch_status` has to say, and reads what the platform
 * wants. Rejects like DeviceClient.
 */
export async function checkIn(parts: CheckInParts, signal: AbortSignal): Promise<CheckInAnswer> {
  const { client, usage, outbox, notice, versions, engineVersion } = parts;
  const status = outbox.pending();
  const running = notice.pending();
  const values: [string, string][] = [
    [gatewayAliases.usageReport, JSON.stringify(usage.report())],
    [gatewayAliases.deviceInfo, JSON.stringify(await deviceInfo())],
    [
      gatewayAliases.engineReport,
      JSON.stringify(engineReport(engineVersion, versions(), await processes(parts))),
    ],
  ];
  const texts = [status, running].flatMap((each) => each?.text ?? []);
  if (texts.length > 0) values.push([gatewayAliases.fetchStatus, texts.join('\n\n')]);
  const aliases = [gatewayAliases.engineFetch, gatewayAliases.updateInterval];
  const answer = await client.writeRead(values, aliases, { signal });
  if (status) outbox.delivered(status);
  if (running) notice.delivered(running.id);
  return {
    date: answer.date,
    engineFetch: answer.values.get(gatewayAliases.engineFetch) ?? '',
    updateInterval: answer.values.get(gatewayAliases.updateInterval),
  };
}

async function processes({ supervisor, logger }: CheckInParts): Promise<ProcessInfo[] | undefined> {
  try {
    return await supervisor.getAllProcessInfo();
  } catch (error) {
    if (!(error instanceof SupervisorUnreachable)) throw error;
    logger.warn(describeError(error));
    return undefined;
  }
}
