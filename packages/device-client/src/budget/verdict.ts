import { type TrafficClass, trafficClasses } from '../accounting/entry.ts';
import { formatAmount } from './amount.ts';
import type { Budget, BudgetLine } from './budget.ts';

/** Bytes that went over the interfaces of a line in the present day and month (UTC), all classes together. */
export interface Spent {
  readonly day: number;
  readonly month: number;
}

export type Verdict =
  /** `left`: bytes until the class has to wait; Infinity without a limit. */
  | { readonly kind: 'may'; readonly left: number }
  | {
      readonly kind: 'waits';
      readonly class: TrafficClass;
      /** Name or pattern of the budget's line. */
      readonly interfaces: string;
      /** Milliseconds since 1970: the next day or month begins. */
      readonly until: number;
      readonly because: string;
    };

/** Whether a class may use the interfaces of a line now. */
export function judge(
  budget: Budget,
  line: BudgetLine,
  trafficClass: TrafficClass,
  spent: Spent,
  now: number,
): Verdict {
  const share = budget.shares[trafficClass];
  let verdict: Verdict = { kind: 'may', left: Number.POSITIVE_INFINITY };
  for (const span of ['day', 'month'] as const) {
    const limit = line[span];
    if (limit === undefined) continue;
    const left = Math.floor(limit * share) - spent[span];
    if (left > 0) {
      if (verdict.kind === 'may') verdict = { kind: 'may', left: Math.min(left, verdict.left) };
      continue;
    }
    // A month that is over its limit ends no sooner than its days: the later end counts.
    verdict = {
      kind: 'waits',
      class: trafficClass,
      interfaces: line.interfaces,
      until: endOf(span, now),
      because: `${formatAmount(spent[span])} of ${formatAmount(limit)} per ${span} are used on ${line.interfaces}; ${trafficClass} stops at ${Math.round(share * 100)} %`,
    };
  }
  return verdict;
}

/** What waits on a line, in the order of the classes. */
export function waiting(
  budget: Budget,
  line: BudgetLine,
  spent: Spent,
  now: number,
): (Verdict & { kind: 'waits' })[] {
  return trafficClasses
    .map((each) => judge(budget, line, each, spent, now))
    .filter((verdict) => verdict.kind === 'waits');
}

/** When the day or month of a time ends, UTC. */
export function endOf(span: 'day' | 'month', now: number): number {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return span === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1);
}
