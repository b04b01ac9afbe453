import { clockFault } from '../e2e/src/faults/clock.ts';
import { corruptionFault } from '../e2e/src/faults/corruption.ts';
import type { FaultPlan, FaultReport } from '../e2e/src/faults/fault.ts';
import { fullDiskFault } from '../e2e/src/faults/full-disk.ts';
import { fuzzFault } from '../e2e/src/faults/fuzz.ts';
import { killFault } from '../e2e/src/faults/kill.ts';
import { outageFault } from '../e2e/src/faults/outages.ts';

export interface Soak {
  /** What one of its rounds is, in the plural. */
  readonly unit: string;
  /** Ten times as many as the tests do. */
  readonly rounds: number;
  /** It needs a queue on Node.js, from its sources. */
  readonly onNodeOnly?: boolean;
  readonly run: (plan: FaultPlan) => Promise<FaultReport>;
}

export const soaks: Readonly<Record<string, Soak>> = {
  kill: { unit: 'kills', rounds: 1_000, run: killFault },
  outages: { unit: 'rows of every outage', rounds: 10, run: outageFault },
  clock: { unit: 'jumps', rounds: 100, onNodeOnly: true, run: clockFault },
  'full-disk': { unit: 'full disks', rounds: 10, run: fullDiskFault },
  corruption: { unit: 'damaged databases', rounds: 20, run: corruptionFault },
  fuzz: { unit: 'malformed requests', rounds: 100_000, run: fuzzFault },
};
