import {
  type BudgetWait,
  type DeviceInfo,
  type EngineReport,
  gatewayAliases,
  type OtaTrust,
  type UsageReport,
} from '@gateway-engine/device-api';
import { describeError, type Logger } from '@gateway-engine/host';
import { type SupervisorClient, SupervisorUnreachable } from '@gateway-engine/supervisor';
import { deviceInfoChanged, engineReportChanged, usageChanged } from './changes.ts';
import { type DeviceFacts, deviceFacts, deviceTexts } from './device-info.ts';
import { engineReport, type KnownVersion } from './engine-report.ts';
import { ProcessorUse } from './programs/processor-use.ts';
import { type ProgramFacts, programFacts } from './programs/program-facts.ts';
import { type ReportKind, ReportMemory } from './report-memory.ts';
import type { UnderWay } from './under-way.ts';

export interface ReportParts {
  readonly supervisor: Pick<SupervisorClient, 'call' | 'getAllProcessInfo'>;
  readonly usage: () => Promise<UsageReport>;
  readonly waits: () => Promise<readonly BudgetWait[]>;
  readonly versions: () => readonly KnownVersion[];
  readonly ota: () => OtaTrust;
  /** What is under way, by application. */
  readonly installs: () => ReadonlyMap<string, UnderWay>;
  readonly engineVersion: string;
  readonly clock: { now(): number; monotonic(): number };
  /** Seconds that this clock is ahead of the platform's; undefined when that is not known. */
  readonly clockOffset: () => number | undefined;
  readonly logger: Logger;
}

/** The three reports of a gateway, and which of them are to be sent. */
export function gatewayReports(parts: ReportParts): ReportMemory {
  const { clock, clockOffset, usage, waits, versions, ota, installs, engineVersion } = parts;
  const processors = new ProcessorUse();
  const usageKind: ReportKind<UsageReport> = {
    alias: gatewayAliases.usageReport,
    look: usage,
    changed: usageChanged,
    text: async (report) => JSON.stringify(report),
  };
  const deviceKind: ReportKind<DeviceFacts> = {
    alias: gatewayAliases.deviceInfo,
    look: () => deviceFacts(clock.now(), clockOffset()),
    changed: deviceInfoChanged,
    text: async (facts) => JSON.stringify({ ...(await deviceTexts(facts)), ...facts } satisfies DeviceInfo),
  };
  const engineKind: ReportKind<EngineReport> = {
    alias: gatewayAliases.engineReport,
    look: async () =>
      engineReport(
        engineVersion,
        versions(),
        await programs(parts, processors),
        await waits(),
        ota(),
        installs(),
      ),
    changed: engineReportChanged,
    text: async (report) => JSON.stringify(report),
  };
  return new ReportMemory([usageKind, deviceKind, engineKind], () => clock.monotonic());
}

async function programs(
  { supervisor, clock, logger }: ReportParts,
  processors: ProcessorUse,
): Promise<ProgramFacts[] | undefined> {
  try {
    return await programFacts(supervisor, processors, clock.monotonic());
  } catch (error) {
    if (!(error instanceof SupervisorUnreachable)) throw error;
    logger.warn(describeError(error));
    return undefined;
  }
}
