import { DeviceClient } from '@gateway-engine/device-client';
import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import { Acceptance } from './intake/acceptance.ts';
import { Intake } from './intake/intake.ts';
import { BodyBudget } from './intake/read-body.ts';
import { RefusalLog } from './intake/refusal-log.ts';
import { MqttListener } from './mqtt/listener.ts';
import { forgetAddress, rememberAddress } from './running-address.ts';
import { addressOf, listen, stopListening } from './server.ts';
import { priorityLookup } from './settings/priorities.ts';
import { formatAddress, readSettings, type Settings, settledAtStart } from './settings.ts';
import { QueueStore } from './store/queue-store.ts';
import { gatewayCfgFile, gatewayKey } from './upload/gateway-key.ts';
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
  let settings = await readSettings(settingsFile);
  warnOfIgnored(settings, settingsFile, logger);
  let priorityOf = priorityLookup(settings.priorities);
  const store = QueueStore.open(settings.databaseFile, clock, { priorityOf: (alias) => priorityOf(alias) });
  const uploader = new Uploader({
    store,
    clock,
    logger,
    random: Math.random,
    settings: () => settings,
    connect: (server, cik) => new DeviceClient({ server, cik, userAgent: `gmq-v${version}`, clock }),
    gatewayKey: (device) => gatewayKey(gatewayCfgFile(), device, logger),
  });
  const reread = async () => {
    settings = await rereadSettings(settings, settingsFile, logger);
    priorityOf = priorityLookup(settings.priorities);
    uploader.reread();
  };
  const acceptance = new Acceptance({ store, uploader, clock, logger });
  const budget = new BodyBudget();
  const refusals = new RefusalLog(clock, logger);
  const intake = new Intake({ store, acceptance, uploader, budget, refusals, clock, logger, reread });
  const mqtt = settings.mqttListen && new MqttListener({ acceptance, budget, refusals, clock, logger });
  try {
    const server = await listen(intake, settings.listen, settingsFile);
    const mqttAddress = settings.mqttListen && (await mqtt?.listen(settings.mqttListen, settingsFile));
    const { databaseFile, listen: configured } = settings;
    await rememberAddress(databaseFile, {
      listen: formatAddress(configured),
      address: addressOf(server),
    }).catch((error: unknown) =>
      // On a full disk the queue goes on all the same; `gmq reread` then looks into the settings.
      logger.warn(`cannot note the address beside the database: ${describeError(error)}`),
    );
    uploader.start();
    logger.info(`gmq ${version} listens on http://${addressOf(server)}, queue in ${settings.databaseFile}`);
    if (mqttAddress) logger.info(`MQTT listens on ${mqttAddress}`);
    return {
      address: addressOf(server),
      stop: async () => {
        await Promise.all([stopListening(server), mqtt?.stop()]);
        await uploader.stop();
        store.close();
        await forgetAddress(databaseFile);
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The file's settings, except those that count from the next start. A file with a mistake changes nothing. */
async function rereadSettings(present: Settings, file: string, logger: Logger): Promise<Settings> {
  try {
    const read = await readSettings(file);
    warnOfIgnored(read, file, logger);
    for (const name of settledAtStart) {
      if (JSON.stringify(read[name]) !== JSON.stringify(present[name])) {
        logger.warn(`a changed ${name} in ${file} counts after a restart of gmq`);
      }
    }
    logger.info(`settings read again from ${file}`);
    const { listen, mqttListen, databaseFile } = present;
    return { ...read, listen, mqttListen, databaseFile };
  } catch (error) {
    logger.error(`the settings stay as they are: ${describeError(error)}`);
    return present;
  }
}

function warnOfIgnored({ ignored }: Settings, file: string, logger: Logger): void {
  if (ignored.length > 0) logger.warn(`${file} has options that are not known: ${ignored.join(', ')}`);
}
