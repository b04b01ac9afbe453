import type { IniOption } from '@gateway-engine/host/basics';
import { type TrafficClass, trafficClasses } from '../accounting/entry.ts';
import { parseAmount } from './amount.ts';

/** What the interfaces that a name or pattern fits may carry together, received and sent, in bytes. */
export interface BudgetLine {
  /** In lower case; `*` stands for any characters. */
  readonly interfaces: string;
  readonly day: number | undefined;
  readonly month: number | undefined;
}

export interface Budget {
  readonly lines: readonly BudgetLine[];
  /** How much of a limit may be used, by all together, when a class begins to wait; from 0 to 1. */
  readonly shares: Readonly<Record<TrafficClass, number>>;
}

/** An option of `[budget]` that cannot be read: which, where, what would be right. */
export class BudgetError extends Error {
  readonly code = 'BUDGET';
}

/** The order of sacrifice: what can be had again, or later, goes first; what keeps the gateway in reach goes last. */
export const defaultShares: Budget['shares'] = { log: 0.7, update: 0.8, data: 0.95, control: 1 };

export const noBudget: Budget = { lines: [], shares: defaultShares };

/** Reads section `[budget]` of Engine.config. Throws BudgetError. */
export function parseBudget(options: ReadonlyMap<string, IniOption> | undefined, file: string): Budget {
  const lines: BudgetLine[] = [];
  let shares = defaultShares;
  for (const [name, { value, line }] of options ?? []) {
    if (value === '' || value === "''") continue;
    const refuse = (wanted: string): never => {
      throw new BudgetError(`${file}, line ${line}: ${name} = ${value}: ${wanted}`);
    };
    if (name === 'sacrifice') shares = parseShares(value, refuse);
    else lines.push(parseLine(name, value, refuse));
  }
  return { lines, shares };
}

type Refuse = (wanted: string) => never;

function parseLine(name: string, value: string, refuse: Refuse): BudgetLine {
  const limits: { day?: number; month?: number } = {};
  for (const word of value.split(/[\s,]+/)) {
    const [amount = '', span = ''] = word.split('/');
    const bytes = parseAmount(amount);
    if (bytes === undefined || (span !== 'day' && span !== 'month')) {
      return refuse('expected limits such as 50MB/day 500MB/month');
    }
    if (limits[span] !== undefined) return refuse(`there are two limits for a ${span}`);
    limits[span] = bytes;
  }
  return { interfaces: name.toLowerCase(), day: limits.day, month: limits.month };
}

function parseShares(value: string, refuse: Refuse): Budget['shares'] {
  const shares: Record<TrafficClass, number> = { ...defaultShares };
  for (const entry of value.split(',')) {
    const [, name, percent] = /^\s*([a-z]+) +(\d{1,3}) ?%\s*$/.exec(entry) ?? [];
    const share = Number(percent) / 100;
    const found = trafficClasses.find((each) => each === name);
    if (found === undefined || !(share <= 1)) {
      return refuse(
        `expected classes and shares such as "log 70%, update 80%" (${trafficClasses.join(', ')})`,
      );
    }
    shares[found] = share;
  }
  return shares;
}

/** The line that an interface is under: that of its name, else the first pattern that fits. The loopback is under none. */
export function lineOf(budget: Budget, interfaceName: string): BudgetLine | undefined {
  const name = interfaceName.toLowerCase();
  if (name === 'lo' || name === '') return undefined;
  return (
    budget.lines.find(({ interfaces }) => interfaces === name) ??
    budget.lines.find(({ interfaces }) => interfaces.includes('*') && fits(interfaces, name))
  );
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
