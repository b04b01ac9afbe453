import { clockFault } from '../e2e/src/faults/clock.ts';
import { corruptionFault } from '../e2e/src/faults/corruption.ts';
import type { FaultPlan, FaultReport } from '../e2e/src/faults/fault.ts';
import { fullDiskFault } from '../e2e/src/faults/full-disk.ts';
import { fuzzFault } from '../e2e/src/faults/fuzz.ts';
import { killFault } from '../e2e/src/faults/kill.ts';
import { outageFault } from '../e2e/src/faults/outages.ts';
import { installKills } from '../e2e/src/installs/install-kills.ts';
import { refusalFuzz } from '../e2e/src/refusals/refusal-fuzz.ts';
import { propertyRounds } from './property-rounds.ts';

export interface SoakOutcome {
  readonly report: { readonly rounds: number };
  /** How many things are not as they should be. */
  readonly wrong: number;
  /** The first of them. */
  readonly examples: readonly string[];
  /** What the table of the page says of it, between its rounds and where it ran. */
  readonly figures: readonly (string | number)[];
}

export interface Soak {
  /** What one of its rounds is, in the plural. */
  readonly unit: string;
  /** Ten times as many as the tests do. */
  readonly rounds: number;
  /** Which table of the page has its last result, by the marks around it. */
  readonly table: 'soak' | 'soak-refusals' | 'soak-installs' | 'soak-properties';
  /** `compiled` unless Node.js is asked for; `sources`: always from its sources, on Node.js; none: it has no queue. */
  readonly queue: 'compiled' | 'sources' | 'none';
  readonly run: (plan: FaultPlan) => Promise<SoakOutcome>;
}

export const soaks: Readonly<Record<string, Soak>> = {
  kill: ofQueue('kills', 1_000, killFault),
  outages: ofQueue('rows of every outage', 10, outageFault),
  clock: { ...ofQueue('jumps', 100, clockFault), queue: 'sources' },
  'full-disk': ofQueue('full disks', 10, fullDiskFault),
  corruption: ofQueue('damaged databases', 20, corruptionFault),
  fuzz: ofQueue('malformed requests', 100_000, fuzzFault),
  archives: {
    unit: 'malformed archives and metadata',
    rounds: 100_000,
    table: 'soak-refusals',
    queue: 'none',
    run: refusals,
  },
  installs: {
    unit: 'installs of a gateway whose engine is killed',
    rounds: 50,
    table: 'soak-installs',
    queue: 'none',
    run: installs,
  },
  properties: {
    unit: 'runs of every test with properties',
    rounds: 10,
    table: 'soak-properties',
    queue: 'none',
    run: properties,
  },
};

function ofQueue(unit: string, rounds: number, fault: (plan: FaultPlan) => Promise<FaultReport>): Soak {
  const run = async (plan: FaultPlan): Promise<SoakOutcome> => {
    const report = await fault(plan);
    const { acknowledged, lost, duplicated, unexplained, setAside, examples } = report;
    return {
      report,
      wrong: lost + duplicated + unexplained + setAside + examples.length,
      examples,
      figures: [acknowledged.toLocaleString('en'), lost, duplicated],
    };
  };
  return { unit, rounds, table: 'soak', queue: 'compiled', run };
}

async function refusals(plan: FaultPlan): Promise<SoakOutcome> {
  const report = await refusalFuzz(plan);
  const { rounds, taken, forged, crashes, examples, slowestMs } = report;
  const refused = rounds - taken - forged - crashes;
  return {
    report,
    wrong: forged + crashes,
    examples,
    figures: [refused.toLocaleString('en'), taken.toLocaleString('en'), forged, crashes, `${slowestMs} ms`],
  };
}

async function installs(plan: FaultPlan): Promise<SoakOutcome> {
  const report = await installKills(plan);
  const { kills, installed, broughtBack, wrong, examples } = report;
  return { report, wrong, examples, figures: [kills, installed, broughtBack, wrong] };
}

async function properties(plan: FaultPlan): Promise<SoakOutcome> {
  const report = await propertyRounds(plan);
  const { files, tests, failed, examples } = report;
  return { report, wrong: failed, examples, figures: [files, tests.toLocaleString('en'), failed] };
}
