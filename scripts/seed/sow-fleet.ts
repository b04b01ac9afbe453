import { DeviceClient } from '@gateway-engine/device-client';
import { type Clock, wholeSeconds } from '@gateway-engine/host';
import { AdminClient } from '@gateway-engine/platform/admin-client';
import { SeededDevice } from './device.ts';
import { kinds } from './kinds.ts';
import { Operator } from './operator.ts';
import { Pace } from './pace.ts';
import { type FleetOptions, type Gateway, planFleet } from './plan-fleet.ts';

export interface SowOptions extends FleetOptions {
  /** Base URL of the platform. */
  readonly platform: string;
  /** Bearer token of its admin API. */
  readonly token: string;
  /** Between two points of a measurement. */
  readonly everySeconds: number;
  /** Requests a second at most. */
  readonly rate: number;
}

export interface SowParts {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** How many gateways are brought up at a time. */
const atOnce = 4;

/** A fleet that is on the platform. To be closed. */
export interface SownFleet {
  /** Those that are up. */
  readonly online: readonly SeededDevice[];
  /** Lets those that are up write their present values once, one after the other. */
  beat(): Promise<void>;
  close(): void;
}

/**
 * Brings a fleet to a platform, by the APIs that everybody has: devices activate themselves and record what they would
 * have written. Those that are offline come first, so that the others are heard of later.
 */
export async function sowFleet(options: SowOptions, { clock, say, signal }: SowParts): Promise<SownFleet> {
  const pace = new Pace(options.rate, clock);
  const admin = new AdminClient({ url: new URL(options.platform), token: options.token });
  const operator = new Operator(admin, pace, signal);
  const client = new DeviceClient({ server: options.platform, accounting: false, userAgent: 'seeded-fleet' });
  try {
    const fleet = planFleet(options);
    await operator.makeProducts(kinds);
    const known = await knownDevices(operator);
    const online: SeededDevice[] = [];
    const bringUp = async (gateway: Gateway) => {
      const device = await sow(gateway, known, { operator, client, pace, signal }, options);
      if (device && gateway.condition !== 'offline') online.push(device);
    };
    const isOffline = ({ condition }: Gateway) => condition === 'offline';
    let done = 0;
    for (const gateways of [fleet.filter(isOffline), fleet.filter((each) => !isOffline(each))]) {
      await inParallel(gateways, atOnce, async (gateway) => {
        await bringUp(gateway);
        done += 1;
        if (done % 50 === 0 || done === fleet.length) say(`${done} of ${fleet.length} gateways`);
      });
    }
    return {
      online,
      beat: async () => {
        for (const device of online) await device.beat(wholeSeconds(clock), signal);
      },
      close: () => client.close(),
    };
  } catch (error) {
    client.close();
    throw error;
  }
}

async function knownDevices(operator: Operator): Promise<Set<string>> {
  const known = new Set<string>();
  for (const { product } of kinds) {
    for (const sn of await operator.known(product)) known.add(`${product} ${sn}`);
  }
  return known;
}

async function sow(
  gateway: Gateway,
  known: ReadonlySet<string>,
  parts: { operator: Operator; client: DeviceClient; pace: Pace; signal: AbortSignal | undefined },
  { everySeconds }: SowOptions,
): Promise<SeededDevice | undefined> {
  const { operator, client, pace, signal } = parts;
  const { condition, kind, sn } = gateway;
  const isNew = !known.has(`${kind.product} ${sn}`);
  if (isNew) await operator.addDevice(gateway);
  if (condition === 'never-seen') return undefined;
  if (!isNew) await operator.enable(gateway);
  const device = new SeededDevice(gateway, client, pace);
  await device.activate(signal);
  await device.recordHistory(everySeconds, signal);
  if (condition === 'offline') await operator.instruct(gateway, kind.versions[2]);
  return device;
}

/** Does the work for each, a few at a time; the first failure ends it. */
async function inParallel<T>(
  all: readonly T[],
  workers: number,
  work: (each: T) => Promise<void>,
): Promise<void> {
  const left = all.values();
  const worker = async () => {
    try {
      for (const each of left) await work(each);
    } catch (error) {
      // Nobody takes another one.
      left.return?.();
      for (const _ of left);
      throw error;
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
