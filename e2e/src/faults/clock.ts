import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@gateway-engine/testkit';
import { PointLedger } from '../queue/point-ledger.ts';
import { aliases, steadyPrograms } from '../queue/programs.ts';
import { QueueSite } from '../queue/queue-site.ts';
import { seededRandom } from '../queue/random.ts';
import { WrongClock } from '../queue/wrong-clock.ts';
import { type FaultPlan, type FaultReport, settle } from './fault.ts';

const day = 86_400_000;

/**
 * The queue starts in 1970, and each round its wall clock jumps: to another year either way, back to 1970 with a new
 * start as a machine without a battery does it, or by seconds as time servers correct it. Half of the time there is no
 * platform, so that records wait over the jumps.
 */
export async function clockFault(plan: FaultPlan): Promise<FaultReport> {
  if (plan.gmq) throw new Error('only a queue on Node.js can be given a wrong clock');
  const random = seededRandom(plan.seed);
  const ledger = new PointLedger();
  await using folder = await temporaryFolder();
  const clock = new WrongClock(join(folder.path, 'offset'), 5_000);
  await using site = await QueueSite.start({ aliases, env: clock.environment });
  const { gmq, front } = site;
  {
    await using _ = steadyPrograms(site, ledger);
    for (let round = 0; round < plan.rounds; round++) {
      front.mood = () => (round % 2 === 0 ? 'cut before' : 'well');
      await sleep(300 + random() * 700);
      const kind = random();
      if (kind < 0.4) clock.set(Date.now() + (random() * 2 - 1) * 20 * 365 * day);
      else if (kind < 0.7) clock.set(Date.now() + (random() * 2 - 1) * 10_000);
      else {
        await gmq.end('SIGKILL');
        clock.set(random() * day);
        gmq.spawn();
        await gmq.listens();
      }
    }
    front.mood = () => 'well';
    clock.set(Date.now());
  }
  return await settle(site, ledger, plan.rounds);
}
