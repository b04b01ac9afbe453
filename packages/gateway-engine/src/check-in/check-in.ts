import { gatewayAliases } from '@gateway-engine/device-api';
import type { DeviceClient, Verdict } from '@gateway-engine/device-client';
import type { DueReports, ReportMemory } from '../reports/report-memory.ts';
import type { StatusOutbox } from '../state/status-outbox.ts';
import type { InstallNotice } from './install-notice.ts';
import type { PlatformClock } from './platform-clock.ts';

export interface CheckInParts {
  readonly client: Pick<DeviceClient, 'read' | 'writeRead'>;
  readonly reports: ReportMemory;
  readonly outbox: StatusOutbox;
  readonly notice: InstallNotice;
  readonly platformClock: PlatformClock;
}

export interface CheckInAnswer {
  /** The server's clock, seconds. */
  readonly date: number | undefined;
  /** Newest value of `engine_fetch`; empty when there is none. */
  readonly engineFetch: string;
  readonly updateInterval: string | undefined;
}

/**
 * One check-in is one request: it writes the reports that have changed, and what `fetch_status` has to say, and reads
 * what the platform wants. Nothing to write: it only reads. Over its budget it writes nothing but the engine's report,
 * and that only when it changes: it says what waits. Rejects like DeviceClient.
 */
export async function checkIn(
  parts: CheckInParts,
  budget: Verdict,
  signal: AbortSignal,
): Promise<CheckInAnswer> {
  const { client, reports, outbox, notice, platformClock } = parts;
  const isOver = budget.kind === 'waits';
  const status = isOver ? undefined : outbox.pending();
  const running = isOver ? undefined : notice.pending();
  const due: DueReports = await reports.due(isOver ? gatewayAliases.engineReport : undefined);
  const values = [...due.values];
  const texts = [status, running].flatMap((each) => each?.text ?? []);
  if (texts.length > 0) values.push([gatewayAliases.fetchStatus, texts.join('\n\n')]);
  const aliases = [gatewayAliases.engineFetch, gatewayAliases.updateInterval];
  const answer =
    values.length > 0
      ? await client.writeRead(values, aliases, { signal })
      : await client.read(aliases, { signal });
  platformClock.tells(answer.date);
  reports.delivered(due);
  if (status) outbox.delivered(status);
  if (running) notice.delivered(running.id);
  return {
    date: answer.date,
    engineFetch: answer.values.get(gatewayAliases.engineFetch) ?? '',
    updateInterval: answer.values.get(gatewayAliases.updateInterval),
  };
}
