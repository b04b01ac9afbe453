import type { Clock } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { judgeApps } from './apps/judge-apps.ts';
import { type Check, type Diagnosis, makeChecks } from './check.ts';
import { judgeClock } from './clock/judge-clock.ts';
import { configurationFacts } from './configuration/configuration-facts.ts';
import { judgeConfiguration } from './configuration/judge-configuration.ts';
import { diskFacts } from './disk/disk-facts.ts';
import { judgeDisk } from './disk/judge-disk.ts';
import { engineFacts } from './engine/engine-facts.ts';
import { judgeEngine } from './engine/judge-engine.ts';
import { engineState } from './engine-state.ts';
import { type ExaminedGateway, examine } from './gateway.ts';
import { judgeNetwork } from './network/judge-network.ts';
import { networkFacts } from './network/network-facts.ts';
import { judgePlatform } from './platform/judge-platform.ts';
import { type PlatformFacts, platformFacts } from './platform/platform-facts.ts';
import { judgeQueue } from './queue/judge-queue.ts';
import { queueFacts } from './queue/queue-facts.ts';
import { FileReadings } from './reading.ts';
import { judgeSupervisor } from './supervisor/judge-supervisor.ts';
import { supervisorState } from './supervisor/supervisor-facts.ts';
import { judgeTrust } from './trust/judge-trust.ts';
import { metadataEnds } from './trust/trust-facts.ts';

const limitMs = 13_000;

/** Examines a gateway of which nothing may be taken for granted. Never rejects; ends within 15 s. */
export async function diagnose(layout: HomeLayout, clock: Clock): Promise<Diagnosis> {
  // Each asks for it only once it runs, so that what goes wrong is said by the checks.
  const files = new FileReadings(clock);
  const gateway = once(() => examine(layout, clock, files));
  const platform = once(async () => await platformFacts(await gateway()));
  const state = once(async () => engineState(await gateway()));
  const look = (area: string, work: (gateway: ExaminedGateway) => ReturnType<Check['look']>): Check => ({
    area,
    limitMs,
    look: async () => await work(await gateway()),
  });
  const checks = [
    look('network', async (its) => judgeNetwork(await networkFacts(its), clock.now())),
    look('clock', async () => {
      const found = await state();
      return judgeClock({
        now: clock.now(),
        offset: offsetOf(await platform()),
        provenTime: 'unknown' in found ? 0 : (found.pin?.provenTime ?? 0),
      });
    }),
    { area: 'disk', limitMs, look: async () => judgeDisk(await diskFacts(layout)) },
    look('config', async (its) => judgeConfiguration(await configurationFacts(its))),
    look('supervisor', async (its) => judgeSupervisor(await supervisorState(its))),
    look('queue', async (its) => judgeQueue(await queueFacts(its), clock.now())),
    look('platform', async () => judgePlatform(await platform())),
    look('trust', async (its) => judgeTrust(await trustFacts(its, await state()), clock.now())),
    look('engine', async (its) => judgeEngine(await engineFacts(its, await state()))),
    look('apps', async ({ engine }) => {
      const found = await state();
      if ('unknown' in found) return judgeApps(found);
      return judgeApps({
        ...found,
        probationSeconds: engine.kind === 'read' ? engine.value.ota.probationSeconds : 30,
      });
    }),
  ];
  const { findings, hanging } = await makeChecks(checks, clock);
  return { findings, hanging: hanging || files.hanging };
}

async function trustFacts({ engine, layout }: ExaminedGateway, state: ReturnType<typeof engineState>) {
  if (engine.kind === 'bad') return { unknown: 'Engine.config cannot be read' };
  if ('unknown' in state && state.broken) return state;
  const ota = engine.kind === 'read' ? engine.value.ota : undefined;
  const pinned = 'unknown' in state ? undefined : state.pin;
  return {
    verify: ota?.verify,
    configured: ota?.rootSha256,
    pinned,
    ends: await metadataEnds(layout, pinned),
  };
}

/** Whole seconds that the gateway's clock is ahead of the platform's. */
function offsetOf(
  platform: PlatformFacts | { readonly unknown: string },
): number | { readonly unknown: string } {
  if ('unknown' in platform) return platform;
  const { time } = platform;
  if ('error' in time) return { unknown: 'the platform does not say what time it is' };
  // It says whole seconds, cut off.
  return Math.round((time.value.own - time.value.platform - 500) / 1000);
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
