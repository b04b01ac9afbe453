import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, truncateSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@gateway-engine/testkit';
import { PointLedger } from '../queue/point-ledger.ts';
import { aliases, LocalPrograms, pastSeconds } from '../queue/programs.ts';
import { QueueSite } from '../queue/queue-site.ts';
import { pick, seededRandom } from '../queue/random.ts';
import { type FaultPlan, type FaultReport, settle } from './fault.ts';

type Damage = (file: string, random: () => number) => void;

const damages: Readonly<Record<string, Damage>> = {
  'its first bytes': (file) => overwrite(file, 0, 100),
  'a hundred places': (file, random) => {
    for (let place = 0; place < 100; place++) overwrite(file, Math.floor(random() * sizeOf(file)), 500);
  },
  'all of it': (file) => overwrite(file, 0, sizeOf(file)),
  'cut in the middle': (file, random) =>
    truncateSync(file, Math.floor((0.2 + 0.6 * random()) * sizeOf(file))),
};

export interface CorruptionReport extends FaultReport {
  /** Points that the damage made of others, and that no longer show it. */
  readonly garbled: number;
  /** Databases that were set aside, as `gmq status` shows them. */
  readonly setAsideFiles: number;
}

/**
 * The database of a queue is damaged while there is no platform: what was in it may be gone or garbled, which is not
 * counted as a loss. What counts is that the queue starts, says so, keeps the file, and that everything taken after it
 * arrives.
 */
export async function corruptionFault(plan: FaultPlan): Promise<CorruptionReport> {
  const random = seededRandom(plan.seed);
  await using site = await QueueSite.start({ gmq: plan.gmq, aliases });
  const { gmq, front } = site;
  const file = join(site.folder, 'home', 'var', 'gmq.db');
  const seconds = pastSeconds();
  const lastWrites = new Map<string, number>();
  const ledger = new PointLedger();
  const work = async (ms: number) => {
    await using _ = new LocalPrograms({
      gmq,
      speakers: site.speakers,
      ledger,
      programs: 1,
      pauseMs: 5,
      seconds,
      lastWrites,
    });
    await sleep(ms);
  };
  let rounds = 0;
  for (; rounds < plan.rounds; rounds++) {
    front.mood = () => 503;
    const delivered = ledger.size;
    await work(1_000);
    await gmq.end(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
    const before = gmq.log.length;
    const files = filesSetAside(file);
    pick(Object.values(damages), random)(file, random);
    ledger.withdraw(delivered);
    gmq.spawn();
    await gmq.listens();
    // Damage that the log of the database makes good again is none.
    if (filesSetAside(file) > files) {
      await waitUntil('the log to tell of the damage', () => gmq.log.slice(before).includes('set aside'));
    }
    await work(1_000);
    front.mood = () => 'well';
    // Keys may be gone with the file, and the platform gives each once: here the operator comes in.
    await site.enableNamed();
    await work(500);
    await site.drained();
  }
  const { unexplained: garbled, ...report } = await settle(site, ledger, rounds);
  const { corruptedFiles } = await gmq.status();
  const setAsideFiles = Array.isArray(corruptedFiles) ? corruptedFiles.length : 0;
  const examples = report.examples.filter((example) => !example.endsWith('was never sent'));
  return { ...report, examples, unexplained: 0, setAside: 0, garbled, setAsideFiles };
}

function filesSetAside(file: string): number {
  const names = readdirSync(dirname(file));
  return names.filter((name) => /\.corrupt-[^-]*(-\d+)?$/.test(name)).length;
}

function sizeOf(file: string): number {
  const handle = openSync(file, 'r');
  try {
    return fstatSync(handle).size;
  } finally {
    closeSync(handle);
  }
}

function overwrite(file: string, at: number, length: number): void {
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, randomBytes(length), 0, length, at);
  } finally {
    closeSync(handle);
  }
}
