import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@gateway-engine/testkit';
import type { Mood } from '../queue/misbehaving-front.ts';
import { PointLedger } from '../queue/point-ledger.ts';
import { aliases, steadyPrograms } from '../queue/programs.ts';
import { QueueSite } from '../queue/queue-site.ts';
import { pick, seededRandom } from '../queue/random.ts';
import { type FaultPlan, type FaultReport, settle } from './fault.ts';

const bad: readonly Mood[] = [
  500,
  429,
  503,
  'cut before',
  'cut after',
  'half status line',
  'half headers',
  'lost answer',
  'slow',
];

export interface OutageReport extends FaultReport {
  /** How often each mood was met, and how often the platform was gone altogether. */
  readonly met: Readonly<Record<string, number>>;
}

/**
 * Everything that a platform and the way to it can do to an upload, under load. A round goes through every bad mood
 * until the queue has met it twice in a row, then refuses connections for a while, stops the platform itself and starts
 * it again, and mixes all of them.
 */
export async function outageFault(plan: FaultPlan): Promise<OutageReport> {
  const random = seededRandom(plan.seed);
  const ledger = new PointLedger();
  await using site = await QueueSite.start({ gmq: plan.gmq, aliases });
  const { front, platform } = site;
  const met = (mood: Mood) => front.counts.get(mood) ?? 0;
  let gone = 0;
  {
    await using _ = steadyPrograms(site, ledger);
    for (let round = 0; round < plan.rounds; round++) {
      for (const mood of [...bad, 'silence' as const]) {
        const before = met(mood);
        front.mood = () => mood;
        await waitUntil(`two uploads to meet "${mood}"`, () => met(mood) >= before + 2, {
          timeoutMs: 90_000,
        });
        const well = met('well');
        front.mood = () => 'well';
        await waitUntil(`an upload after "${mood}"`, () => met('well') > well, { timeoutMs: 90_000 });
      }
      await front.close();
      await sleep(500 + random() * 1_000);
      await front.open();
      await platform.process.stop();
      await sleep(random() * 1_000);
      await platform.process.start();
      gone += 2;
      front.mood = () => (random() < 0.5 ? 'well' : pick(bad, random));
      await sleep(2_000);
    }
    front.mood = () => 'well';
  }
  const report = await settle(site, ledger, plan.rounds);
  return { ...report, met: { ...Object.fromEntries(front.counts), gone } };
}
