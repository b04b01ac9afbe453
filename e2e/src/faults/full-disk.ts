import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SmallDisk, waitUntil } from '@gateway-engine/testkit';
import { PointLedger } from '../queue/point-ledger.ts';
import { aliases, LocalPrograms, pastSeconds } from '../queue/programs.ts';
import { QueueSite } from '../queue/queue-site.ts';
import { seededRandom } from '../queue/random.ts';
import { type FaultPlan, type FaultReport, settle } from './fault.ts';

export interface FullDiskReport extends FaultReport {
  /** Requests that were told to come again later, 503. */
  readonly refused: number;
}

/**
 * A disk that is too small for what programs send while there is no platform. A round fills it with records until the
 * queue refuses them, has another program take the rest to the last byte, kills the queue and starts it on the full
 * disk, lets it deliver there, and frees the disk.
 */
export async function fullDiskFault(plan: FaultPlan): Promise<FullDiskReport> {
  const random = seededRandom(plan.seed);
  const ledger = new PointLedger();
  await using disk = await SmallDisk.mount(6);
  await using site = await QueueSite.start({
    gmq: plan.gmq,
    aliases,
    settings: { db: { file: join(disk.path, 'gmq.db') } },
  });
  const { gmq, front } = site;
  let refused = 0;
  const seconds = pastSeconds();
  const lastWrites = new Map<string, number>();
  const load = () =>
    new LocalPrograms({ gmq, speakers: site.speakers, ledger, programs: 4, pauseMs: 0, seconds, lastWrites });
  for (let round = 0; round < plan.rounds; round++) {
    front.mood = () => 503;
    let programs = load();
    const full = (count: number) =>
      waitUntil(`${count} refusals`, () => (programs.answers.get(503) ?? 0) >= count, { timeoutMs: 120_000 });
    await full(1);
    disk.fill();
    await full(50);
    await sleep(random() * 500);
    await gmq.end('SIGKILL');
    refused += await stopped(programs);
    gmq.spawn();
    await gmq.listens();
    front.mood = () => 'well';
    programs = load();
    await sleep(1_000);
    disk.free();
    await waitUntil('records to be taken again', () => (programs.answers.get(204) ?? 0) > 0, {
      timeoutMs: 60_000,
    });
    refused += await stopped(programs);
    await site.drained(120_000);
  }
  return { ...(await settle(site, ledger, plan.rounds)), refused };
}

async function stopped(programs: LocalPrograms): Promise<number> {
  await programs.stop();
  return programs.answers.get(503) ?? 0;
}
