import type { BudgetGate, TrafficLog } from '@gateway-engine/device-client';
import type { Clock } from '@gateway-engine/host';
import { gaugeOf, type MetricFamily } from '@gateway-engine/host/metrics';
import type { SupervisorClient } from '@gateway-engine/supervisor';
import type { PlatformClock } from '../check-in/platform-clock.ts';
import type { GatewayIdentity } from '../configuration/identity.ts';
import type { HomeLayout } from '../home/layout.ts';
import type { InstallJournal } from '../ota/journal.ts';
import type { StatusOutbox } from '../state/status-outbox.ts';
import { version } from '../version.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { machineFigures } from './machine-figures.ts';
import { budgetFigures, networkFigures } from './network-figures.ts';
import { ProcessorTime } from './processor-time.ts';
import { programFigures } from './program-figures.ts';

export interface GatewaySources {
  readonly layout: HomeLayout;
  readonly identity: GatewayIdentity;
  readonly journal: InstallJournal;
  readonly outbox: StatusOutbox;
  readonly supervisor: SupervisorClient;
  readonly accounts: TrafficLog | undefined;
  readonly gate: BudgetGate;
  readonly platformClock: PlatformClock;
  readonly clock: Clock;
}

/** Adds all that is known of a gateway: its engine, its programs, its machine, its network, its queue. */
export function watchGateway(metrics: GatewayMetrics, sources: GatewaySources): void {
  const { layout, supervisor, accounts, gate, clock } = sources;
  const time = new ProcessorTime();
  metrics.source('engine', () => engineFigures(sources));
  metrics.source('programs', () => programFigures(supervisor, time));
  metrics.source('machine', machineFigures);
  metrics.source('network', () => networkFigures(accounts, clock.now()));
  metrics.source('budget', async () => budgetFigures(await gate.states()));
  metrics.source('queue', () => queueFigures(layout.gmqCfg, layout.root));
}

function engineFigures({ identity, journal, outbox, platformClock }: GatewaySources): MetricFamily[] {
  const unfinished = [...Map.groupBy(journal.unfinished(), ({ state }) => state)];
  const { vendor, model, serial } = identity;
  return [
    gaugeOf('gwe_build_info', 'Always 1; the label tells the version of the engine.', [[{ version }, 1]]),
    gaugeOf('gwe_gateway_info', 'Always 1; the labels tell which gateway this is.', [
      [{ vendor, model, serial }, 1],
    ]),
    gaugeOf(
      'gwe_app_info',
      'Always 1; the version of each installed application.',
      journal.apps().map(({ name, version: installed }) => [{ app: name, version: installed }, 1]),
    ),
    gaugeOf(
      'gwe_installs_unfinished',
      'Installs and removals that have not come to their end, by state.',
      unfinished.map(([state, installs]) => [{ state }, installs.length]),
    ),
    gaugeOf('gwe_statuses_untold', 'Texts for the platform that wait for a check-in.', outbox.waiting),
    gaugeOf(
      'gwe_clock_offset_seconds',
      "How far the gateway's clock is ahead of the platform's; not there before it is known.",
      platformClock.offset,
    ),
  ];
}

/** The queue's own figures, so that one scrape sees the whole gateway. */
async function queueFigures(settingsFile: string, home: string): Promise<MetricFamily[]> {
  const { askMetrics, readSettings } = await import('@gateway-engine/gmq/metrics');
  const families = await askMetrics(await readSettings(settingsFile, home));
  return [gaugeOf('gwe_queue_up', 'Whether the queue answers.', families ? 1 : 0), ...(families ?? [])];
}
