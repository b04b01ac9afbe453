import { DeviceClient } from '@gateway-engine/device-client';
import { type Clock, describeError, type Logger, letGoOfUnusedPages } from '@gateway-engine/host';
import { BodyBudget } from './http/body-budget.ts';
import { addressOf, listenOn } from './http/listen.ts';
import { HttpServer } from './http/server.ts';
import { Acceptance } from './intake/acceptance.ts';
import { Intake } from './intake/intake.ts';
import { describeRequest, RefusalLog } from './intake/refusal-log.ts';
import { Stamps } from './intake/stamps.ts';
import { LiveSettings } from './live-settings.ts';
import { QueueMetrics } from './metrics/queue-metrics.ts';
import { MqttListener } from './mqtt/listener.ts';
import { forgetAddress, rememberAddress } from './running-address.ts';
import { formatAddress } from './settings.ts';
import { readStatus, withLive } from './status.ts';
import { keepTidy } from './store/keep-tidy.ts';
import { QueueStore } from './store/queue-store.ts';
import { Connections } from './upload/connections.ts';
import { gatewayCfgFile, gatewayKey } from './upload/gateway-key.ts';
import { openTraffic } from './upload/traffic.ts';
import { Uploader } from './upload/uploader.ts';
import { version } from './version.ts';

export interface RunningQueue {
  /** HOST:PORT it listens on. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Builds the queue from its parts and starts it. */
export async function startQueue(parts: {
  settingsFile: string;
  clock: Clock;
  logger: Logger;
}): Promise<RunningQueue> {
  const { settingsFile, clock, logger } = parts;
  const settings = await LiveSettings.read(settingsFile, logger);
  const { listen, mqttListen, databaseFile } = settings.now;
  const loggers = settings.loggers.parts;
  // Bound before the store is opened, so that a second gmq is told what is the matter: its address is taken.
  const server = new HttpServer();
  await listenOn(server.tcp, listen, { option: '[server] listen', file: settingsFile });
  const closing: (() => unknown)[] = [() => server.stop()];
  try {
    const metrics = new QueueMetrics({ clock, logger, settings: () => settings.now }, () => status());
    const store = QueueStore.open(databaseFile, clock, {
      logger: loggers.db,
      bounds: () => settings.now,
      priorityOf: (alias) => settings.priorityOf(alias),
      onReplaced: () => uploader.start(),
      onSync: (tookMs) => metrics.synced(tookMs),
    });
    closing.push(() => store.close());
    const traffic = openTraffic(clock, loggers.upload);
    closing.push(() => traffic.close());
    const connections = new Connections((server) => new DeviceClient({ server, ...traffic.client, clock }));
    closing.push(() => connections.close());
    const uploader = new Uploader({
      store,
      clock,
      logger: loggers.upload,
      random: Math.random,
      settings: () => settings.now,
      connect: (server, cik) => connections.connect(server, cik),
      budget: (server) => traffic.budget.ask('data', server),
      onFailure: (failure) => metrics.uploadFailed(failure),
      gatewayKey: (device) => gatewayKey(gatewayCfgFile(), device, loggers.upload),
    });
    const acceptance = new Acceptance({
      store,
      stamps: new Stamps(clock, store.stamps()),
      uploader,
      clock,
      logger: loggers.intake,
    });
    const budget = new BodyBudget();
    const refusals = new RefusalLog(clock, loggers.intake, (code) => metrics.refused(code));
    const entrance = { acceptance, budget, refusals, clock, logger: loggers.intake };
    const reread = async () => {
      await settings.reread();
      uploader.reread();
    };
    const status = () => withLive(readStatus(databaseFile), store.rates(), mqtt?.counts ?? null);
    const drain = () => uploader.drain();
    const intake = new Intake({ ...entrance, store, uploader, reread, drain, status, metrics });
    server.serve({
      answer: (request) => intake.answer(request),
      refused: ({ status, head }) =>
        refusals.refused(
          status,
          head ? describeRequest(head) : 'a connection',
          'is no request that can be taken',
        ),
      dropped: () =>
        refusals.refused(503, 'a connection', 'too many at once; it is closed without an answer'),
      budget,
      now: () => clock.now(),
    });
    const mqtt = mqttListen && new MqttListener(entrance);
    const mqttAddress = mqttListen && (await mqtt?.listen(mqttListen, settingsFile));
    await rememberAddress(databaseFile, {
      listen: formatAddress(listen),
      address: addressOf(server.tcp),
    }).catch((error: unknown) =>
      // On a full disk the queue goes on all the same; `gmq reread` then looks into the settings.
      logger.warn(`cannot note the address beside the database: ${describeError(error)}`),
    );
    uploader.start();
    // Early: a queue that starts with a backlog is at its largest soon.
    const pages = letGoOfUnusedPages(clock, 2_000);
    const tidying = keepTidy(store, { clock, logger: loggers.db, bounds: () => settings.now });
    logger.info(`gmq ${version} listens on http://${addressOf(server.tcp)}, queue in ${databaseFile}`);
    if (mqttAddress) logger.info(`MQTT listens on ${mqttAddress}`);
    return {
      address: addressOf(server.tcp),
      stop: async () => {
        pages.stop();
        tidying.stop();
        await Promise.all([server.stop(), mqtt?.stop()]);
        await uploader.stop();
        connections.close();
        store.close();
        traffic.close();
        await forgetAddress(databaseFile);
      },
    };
  } catch (error) {
    for (const close of closing.reverse()) await close();
    throw error;
  }
}
