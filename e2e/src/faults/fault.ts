import type { PointLedger } from '../queue/point-ledger.ts';
import type { QueueSite } from '../queue/queue-site.ts';

export interface FaultPlan {
  /** How many times over. What a time is, each fault says. */
  readonly rounds: number;
  readonly seed: number;
  /** Words that start `gmq`; from the sources on Node.js unless given. */
  readonly gmq?: readonly string[] | undefined;
}

/** What a fault did to the points that were sent meanwhile. */
export interface FaultReport {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly stored: number;
  readonly lost: number;
  readonly duplicated: number;
  /** In the store, and never sent. */
  readonly unexplained: number;
  /** Refused for good by the platform: none of what was sent deserves it. */
  readonly setAside: number;
  /** The first of what went wrong. */
  readonly examples: readonly string[];
}

/** What every fault must leave behind. */
export const nothingWrong = { lost: 0, duplicated: 0, unexplained: 0, setAside: 0, examples: [] } as const;

/** Lets everything arrive and compares it with what was promised. */
export async function settle(
  site: QueueSite,
  ledger: PointLedger,
  rounds: number,
  timeoutMs?: number,
): Promise<FaultReport> {
  await site.drained(timeoutMs);
  const { deadLetters: setAside } = await site.gmq.status();
  const { acknowledged, stored, lost, duplicated, unexplained, examples } = await site.audit(ledger);
  return { rounds, acknowledged, stored, lost, duplicated, unexplained, setAside, examples };
}
