import type { BudgetState } from '@gateway-engine/device-client';

/** A limit and what became of it, bytes. */
export interface LimitUse {
  readonly limit: number;
  readonly used: number;
  readonly left: number;
}

/** A line of the budget, as people and programs read it. */
export interface BudgetUse {
  /** Name or pattern. */
  readonly interfaces: string;
  /** null: no limit. */
  readonly today: LimitUse | null;
  readonly month: LimitUse | null;
  readonly waits: readonly {
    readonly class: string;
    /** ISO 8601, UTC. */
    readonly until: string;
    readonly because: string;
  }[];
}

export function budgetUse({ line, spent, waits }: BudgetState): BudgetUse {
  const of = (limit: number | undefined, used: number) =>
    limit === undefined ? null : { limit, used, left: Math.max(0, limit - used) };
  return {
    interfaces: line.interfaces,
    today: of(line.day, spent.day),
    month: of(line.month, spent.month),
    waits: waits.map((wait) => ({
      class: wait.class,
      until: new Date(wait.until).toISOString(),
      because: wait.because,
    })),
  };
}
