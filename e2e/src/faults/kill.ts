import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@gateway-engine/testkit';
import type { Mood } from '../queue/misbehaving-front.ts';
import { MqttPrograms } from '../queue/mqtt-programs.ts';
import { PointLedger } from '../queue/point-ledger.ts';
import { aliases, LocalPrograms, pastSeconds } from '../queue/programs.ts';
import { QueueSite } from '../queue/queue-site.ts';
import { pick, seededRandom } from '../queue/random.ts';
import { type FaultPlan, type FaultReport, settle } from './fault.ts';

export interface KillReport extends FaultReport {
  /** Messages that were acknowledged by MQTT; their points are among those above. */
  readonly byMqtt: number;
}

const moods: readonly Mood[] = ['well', 'well', 'well', 'well', 'cut after', 'lost answer', 500];

/**
 * `kill -9` of the queue under load, each round once, at random moments: one in four while it starts, the others while
 * it takes, by HTTP and MQTT, and sends. The way to the platform is bad now and then, so that kills meet uploads that were stored without
 * an answer.
 */
export async function killFault(plan: FaultPlan): Promise<KillReport> {
  const random = seededRandom(plan.seed);
  const ledger = new PointLedger();
  const mqttPort = await freePort();
  await using site = await QueueSite.start({
    gmq: plan.gmq,
    aliases,
    settings: { mqtt: { listen: `127.0.0.1:${mqttPort}` } },
  });
  site.front.mood = () => pick(moods, random);
  const startMs = await timeOf(async () => {
    await site.gmq.end('SIGTERM');
    site.gmq.spawn();
    await site.gmq.listens();
  });
  let byMqtt: number;
  {
    const load = { gmq: site.gmq, speakers: site.speakers, ledger, seconds: pastSeconds() };
    await using _ = new LocalPrograms({ ...load, programs: 3, pauseMs: 3 });
    await using messages = new MqttPrograms({ ...load, port: mqttPort, pauseMs: 10 });
    for (let kill = 0; kill < plan.rounds; kill++) {
      if (random() < 0.25) await sleep(random() * startMs);
      else {
        await site.gmq.listens();
        await sleep(random() * 300);
      }
      await site.gmq.end('SIGKILL');
      site.gmq.spawn();
    }
    await site.gmq.listens();
    byMqtt = messages.taken;
  }
  site.front.mood = () => 'well';
  return { ...(await settle(site, ledger, plan.rounds)), byMqtt };
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
