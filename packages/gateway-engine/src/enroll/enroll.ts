import { existsSync } from 'node:fs';
import { DeviceClient, defaultServer, readGatewayCfg, trafficFile } from '@gateway-engine/device-client';
import { reread } from '@gateway-engine/gmq';
import { type Clock, describeError, UsageError } from '@gateway-engine/host';
import { isCommunicationError } from '../check-in/communication.ts';
import { configure } from '../command-line/configure.ts';
import { readEngineConfig } from '../configuration/engine-config.ts';
import { macAddress } from '../configuration/network-interfaces.ts';
import type { HomeLayout } from '../home/layout.ts';
import { prepareHome } from '../home/prepare.ts';
import { EngineSlots } from '../self-update/engine-slots.ts';
import { defaultUserAgent } from '../version.ts';
import { type Activation, activateGateway } from './activate-gateway.ts';
import { explain, type Obstacle } from './explain.ts';
import { ownCommands } from './own-commands.ts';
import { restartEngine, type TakenUp } from './take-up.ts';
import { type Change, changesOf, type WantedIdentity } from './wanted-identity.ts';

export interface EnrolPlan extends WantedIdentity {
  /** Base URL of the platform; undefined: as it is. */
  readonly server: string | undefined;
  /** Its MAC address becomes the serial number. */
  readonly iface: string | undefined;
  readonly rootSha256: string | undefined;
  readonly force: boolean;
  readonly waitMs: number;
}

export interface Enrolment {
  readonly home: string;
  /** Whether the home was made, or made whole. */
  readonly prepared: boolean;
  readonly changes: readonly Change[];
  /** Whether the platform is another one than before. */
  readonly newServer: boolean;
  readonly server: string;
  readonly product: string;
  readonly serial: string;
  readonly activation: Activation | Obstacle;
  /** Undefined when nothing has changed for the engine. */
  readonly engine: TakenUp | undefined;
}

export interface EnrolParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told before each pause between two attempts. */
  readonly onPause: (why: string, ms: number) => void;
}

/**
 * Makes a machine a gateway of a product: its home, its configuration, its key. May be repeated. Throws UsageError for
 * what cannot be, before anything is changed.
 */
export async function enrol(layout: HomeLayout, plan: EnrolPlan, parts: EnrolParts): Promise<Enrolment> {
  const before = await readGatewayCfg(layout.gatewayCfg);
  const named =
    plan.iface ?? (plan.serial === undefined && before.uuid === undefined ? before.iface : undefined);
  const serial = named === undefined ? plan.serial : await macAddress(named);
  const changes = changesOf(before, { product: plan.product, serial }, plan.force);
  const prepared = await makeWhole(layout);
  const oldServer = (await readEngineConfig(layout)).server;
  const newServer = plan.server !== undefined && plan.server !== oldServer;
  await writeConfiguration(layout, plan, serial);

  const config = await readEngineConfig(layout);
  const { vendor = '', model = '', uuid = '', cik } = await readGatewayCfg(layout.gatewayCfg);
  const identity = { vendor, model, serial: uuid };
  const server = config.server ?? defaultServer(vendor);
  const accounts = trafficFile(process.env.GWE_TRAFFIC_DB ?? layout.accounts);
  const client = new DeviceClient({
    server,
    cik,
    userAgent: config.userAgent ?? defaultUserAgent,
    accounting: accounts ?? false,
    program: 'gwe',
    trafficClass: 'control',
  });
  const as = { server, product: model, serial: uuid };
  const obstacleOf = (error: unknown) => explain(error, as, parts.clock.now());
  try {
    const activation = await activateGateway(
      {
        client,
        identity,
        gatewayCfg: layout.gatewayCfg,
        clock: parts.clock,
        retryMs: config.activationRetryInterval * 1000,
        onPause: (error, ms) => parts.onPause(obstacleOf(error).text, ms),
      },
      plan.waitMs,
      parts.signal,
    ).catch((error: unknown) => {
      if (!isCommunicationError(error)) throw error;
      return obstacleOf(error);
    });
    const isNew = prepared || newServer || changes.length > 0 || plan.rootSha256 !== undefined;
    if (newServer) await rereadInQueue(layout);
    const engine =
      isNew || activation === 'activated' ? await restartEngine(config.supervisorUrl) : undefined;
    return { home: layout.root, prepared, changes, newServer, ...as, activation, engine };
  } finally {
    client.close();
  }
}

/** Whether anything had to be made. */
async function makeWhole(layout: HomeLayout): Promise<boolean> {
  const needed = [
    layout.gatewayCfg,
    layout.engineConfig,
    layout.gmqCfg,
    layout.supervisordConf,
    layout.programs,
  ];
  if ([...needed, `${layout.bin}/gwe`].every((path) => existsSync(path))) return false;
  const slot = await new EngineSlots(layout.engine).current();
  await prepareHome({ home: layout.root, ...(slot === undefined ? { commands: ownCommands() } : {}) });
  return true;
}

async function writeConfiguration(
  layout: HomeLayout,
  { product, server, iface, rootSha256 }: EnrolPlan,
  serial: string | undefined,
): Promise<void> {
  const options = {
    ...(product === undefined ? {} : { setProductId: product }),
    ...(serial === undefined ? {} : { setUuid: serial }),
    ...(iface === undefined ? {} : { setIface: iface }),
    ...(server === undefined ? {} : { setServer: server }),
    ...(rootSha256 === undefined ? {} : { rootSha256 }),
  };
  if (Object.keys(options).length > 0) await configure(layout, options, { out: () => {}, err: () => {} });
}

/** One that does not run reads it at its start. */
async function rereadInQueue(layout: HomeLayout): Promise<void> {
  try {
    await reread(layout.gmqCfg);
  } catch (error) {
    if (!(error instanceof UsageError))
      throw new Error(`the queue cannot be told of the new platform: ${describeError(error)}`, {
        cause: error,
      });
  }
}
