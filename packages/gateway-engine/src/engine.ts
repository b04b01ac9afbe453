import { gatewayAliases } from '@gateway-engine/device-api';
import {
  BudgetGate,
  DeviceClient,
  defaultServer,
  readGatewayCfg,
  TrafficLog,
  trafficFile,
} from '@gateway-engine/device-client';
import {
  createLogger,
  describeError,
  type Logger,
  type LogLevel,
  letGoOfUnusedPages,
  systemClock,
  UsageError,
} from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { waitsOf } from './budget/waits.ts';
import { isCommunicationError } from './check-in/communication.ts';
import { InstallNotice } from './check-in/install-notice.ts';
import { CheckInLoop } from './check-in/loop.ts';
import { PlatformClock } from './check-in/platform-clock.ts';
import { changeEngineConfig, debugLevel, type EngineConfig } from './configuration/engine-config.ts';
import { settleIdentity } from './configuration/identity.ts';
import { interfaceNames } from './configuration/network-interfaces.ts';
import type { HomeLayout } from './home/layout.ts';
import { areMetricsWanted } from './metrics/wanted.ts';
import { InstallJournal } from './ota/journal.ts';
import { PackageFiles } from './ota/package-files.ts';
import { Probations } from './ota/probations.ts';
import { Programs } from './ota/programs.ts';
import { InstallRunner } from './ota/run.ts';
import { gatewayReports } from './reports/reports.ts';
import { underWay } from './reports/under-way.ts';
import { usageOfNetwork } from './reports/usage-source.ts';
import { EngineProcesses } from './self-update/engine-processes.ts';
import { EngineSlots } from './self-update/engine-slots.ts';
import { openEngineDatabase } from './state/database.ts';
import { ProcessLock } from './state/process-lock.ts';
import { StatusOutbox } from './state/status-outbox.ts';
import { openTrust } from './trust/open-trust.ts';
import { defaultUserAgent, version } from './version.ts';

/** The composition root of the engine: builds every part, runs the loop until a signal ends it. */
export async function runEngine(
  layout: HomeLayout,
  config: EngineConfig,
  options: { once: boolean; debugLevel?: string | undefined },
): Promise<void> {
  const level: LogLevel =
    options.debugLevel === undefined ? config.debugLevel : debugLevel.parse(options.debugLevel);
  const logger = createLogger({ name: 'gwe', level });
  const clock = systemClock;
  await warnOfInterface(layout, logger);
  const identity = await settleIdentity(layout.gatewayCfg);
  const database = await openEngineDatabase(layout);
  const daemonLock = new ProcessLock(database, 'daemon');
  if (!options.once) {
    const holder = daemonLock.take();
    if (holder !== 'taken') throw new UsageError(`gwe runs already for ${layout.root}, process ${holder}`);
  }

  const server = config.server ?? defaultServer(identity.vendor);
  const accounts = openAccounts(layout);
  const client = new DeviceClient({
    server,
    cik: identity.cik,
    userAgent: config.userAgent ?? defaultUserAgent,
    accounting: accounts ?? false,
    program: 'gwe',
    trafficClass: 'control',
    onTraffic: (traffic) => gate.add(traffic),
  });
  const gate = new BudgetGate({
    engineConfig: layout.engineConfig,
    accounting: accounts,
    clock,
    warn: (message) => logger.warn(message),
  });
  const platformClock = new PlatformClock(clock);
  const outbox = new StatusOutbox(database);
  const metrics = areMetricsWanted(config.metrics, process.env)
    ? new (await import('./metrics/gateway-metrics.ts')).GatewayMetrics({ clock, logger })
    : undefined;
  const journal = new InstallJournal(database, outbox, clock, (state) => metrics?.installEnded(state));
  const notice = new InstallNotice(journal, clock);
  const supervisor = new SupervisorClient(config.supervisorUrl);
  const updateBudget = () => gate.ask('update', server);
  const trust = openTrust({
    layout,
    database,
    product: identity.model,
    ota: config.ota,
    platform: { client, budget: updateBudget },
    clock,
    logger,
  });
  const runner = new InstallRunner(
    {
      layout,
      journal,
      files: new PackageFiles(layout),
      programs: new Programs(supervisor, config.programDirectory, clock),
      downloads: {
        client,
        product: identity,
        deltas: { client, maximumBytes: config.ota.maxDeltaBytes },
        budget: updateBudget,
        clock,
        logger,
      },
      trust,
      engine: {
        slots: new EngineSlots(layout.engine),
        processes: new EngineProcesses(supervisor),
        ownSlot: process.env.GWE_ENGINE_SLOT,
        hasCheckedIn: () => hasCheckedIn,
        upSeconds: () => process.uptime(),
        endSelf: () => ending.abort('a change of its version'),
        trialSeconds: config.ota.engineProbationSeconds,
      },
      probations: new Probations(config.ota.probationSeconds, clock),
      window: config.ota.window,
      wallTime: () => platformClock.now(),
      programDirectory: config.programDirectory,
      logDirectory: config.logDirectory,
      onInstaller: () => notice.started(() => loop.checkInSoon()),
      clock,
      logger,
    },
    new ProcessLock(database, 'install'),
  );
  let hasCheckedIn = false;
  const loop = new CheckInLoop(
    {
      client,
      identity,
      gatewayCfg: layout.gatewayCfg,
      reserve: layout.reserve,
      outbox,
      notice,
      journal,
      runner,
      clock,
      logger,
      longPoll: config.longPoll,
      enrol: (signal) => trust.enrol(signal),
      onCheckIn: () => {
        hasCheckedIn = true;
        metrics?.checkedIn();
      },
      onFailedCheckIn: (error) => metrics?.checkInFailed(error),
      activationRetryMs: config.activationRetryInterval * 1000,
      keepInterval: async (seconds) => {
        await changeEngineConfig(layout, [['update_interval', String(seconds)]]);
      },
      budget: (trafficClass) => gate.ask(trafficClass, server),
      platformClock,
      reports: gatewayReports({
        supervisor,
        usage: () => usageOfNetwork({ accounts, now: clock.now(), warn: (message) => logger.warn(message) }),
        waits: async () => waitsOf(await gate.states()),
        versions: () => [{ name: 'gwe', version }, { name: 'gmq', version }, ...journal.apps()],
        ota: () => trust.facts,
        installs: () => underWay(journal.unfinished()),
        engineVersion: version,
        clock,
        clockOffset: () => platformClock.offset,
        logger,
      }),
    },
    config.updateInterval,
  );

  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort(signal));
  process.on('uncaughtException', (error) => {
    logger.fatal(error, 'uncaught exception');
    outbox.add(crashText(error));
    process.exit(1);
  });
  logger.info({ version, home: layout.root, server, serial: identity.serial }, 'Gateway Engine starts');
  let published: { stop(): Promise<void> } | undefined;
  let pages: { stop(): void } | undefined;
  try {
    if (metrics && !options.once) {
      const { watchGateway } = await import('./metrics/gateway-sources.ts');
      const { publishMetrics } = await import('./metrics/publish.ts');
      watchGateway(metrics, {
        layout,
        identity,
        journal,
        outbox,
        supervisor,
        accounts,
        gate,
        platformClock,
        clock,
      });
      const now = () => platformClock.now();
      published = await publishMetrics(metrics, {
        config: config.metrics,
        identity,
        accounts,
        gate,
        now,
        clock,
        logger,
      });
    }
    if (!options.once) pages = letGoOfUnusedPages(clock);
    if (options.once) await checkInOnce(loop, ending.signal);
    else await loop.run(ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) {
      if (!(error instanceof UsageError)) await reportCrash(error, { outbox, client });
      throw error;
    }
    logger.info(`ended by ${ending.signal.reason}`);
  } finally {
    pages?.stop();
    await published?.stop();
    daemonLock.release();
    client.close();
    accounts?.close();
    database.close();
  }
}

/** GWE_TRAFFIC_DB, else the home's own; undefined when that is set to nothing: no accounts are kept. */
function openAccounts(layout: HomeLayout): TrafficLog | undefined {
  const file = trafficFile(process.env.GWE_TRAFFIC_DB ?? layout.accounts);
  return file === undefined ? undefined : new TrafficLog({ file });
}

async function checkInOnce(loop: CheckInLoop, signal: AbortSignal): Promise<void> {
  const outcome = await loop.once(signal);
  if (outcome !== 'done') throw new UsageError('the check-in failed; the log above says why');
}

/** Tells the platform at once if it can be told; otherwise the next start does. */
async function reportCrash(
  error: unknown,
  parts: { outbox: StatusOutbox; client: DeviceClient },
): Promise<void> {
  parts.outbox.add(crashText(error));
  const status = parts.outbox.pending();
  if (!status || parts.client.cik === undefined) return;
  try {
    await parts.client.write([[gatewayAliases.fetchStatus, status.text]], {
      signal: AbortSignal.timeout(5_000),
    });
    parts.outbox.delivered(status);
  } catch (failure) {
    // It stays in the outbox for the next start.
    if (!isCommunicationError(failure) && !(failure instanceof DOMException)) throw failure;
  }
}

function crashText(error: unknown): string {
  const stack = error instanceof Error && error.stack ? `\n${error.stack}` : '';
  return `gwe ${version} ended by an exception: ${describeError(error)}${stack}`;
}

async function warnOfInterface(layout: HomeLayout, logger: Logger): Promise<void> {
  const { iface } = await readGatewayCfg(layout.gatewayCfg);
  if (iface === undefined) return;
  const names = await interfaceNames();
  if (!names.includes(iface)) {
    logger.warn(
      `this system has no interface "${iface}" (iface in ${layout.gatewayCfg}); it has ${names.join(', ')}`,
    );
  }
}
