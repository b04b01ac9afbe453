import type { KernelCounters, MethodUsage, PeriodUsage, UsageReport } from '@gateway-engine/device-api';
import type { InterfaceCounters, TrafficTotal } from '@gateway-engine/device-client';

/** The reader walks a text at the second level character by character, and shows keys of three characters or more. */
const longestText = 100;
/** Rows of all interfaces; those with the least traffic are added up. */
export const mostRows = 200;
/** What the rows that found no room are added up as. */
const others = { program: 'others', method: 'all' };
/** Keys of the second level that no program may take. */
const taken: ReadonlySet<string> = new Set(['top_consumer', 'period', 'kernel']);

export interface UsageSources {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly ofDay: readonly TrafficTotal[];
  readonly ofMonth: readonly TrafficTotal[];
  /** Of the kernel, for all interfaces of the machine. */
  readonly counters: readonly InterfaceCounters[];
  /** Interfaces with an address; those that were not used are listed as well. */
  readonly interfaces: readonly string[];
}

interface Row {
  readonly interface: string;
  readonly program: string;
  readonly method: string;
  readonly month: MethodUsage;
  readonly day: MethodUsage;
}

const nothing: MethodUsage = { tot_rx: 0, max_rx: 0, tot_tx: 0, max_tx: 0, num: 0 };

/** The use of the network by all programs that account for it: the day's figures, the month's beside them. */
export function usageReport({ day, ofDay, ofMonth, counters, interfaces }: UsageSources): UsageReport {
  const rows = withinBound(rowsOf(ofDay, ofMonth));
  const used = Map.groupBy(rows, (row) => row.interface);
  const counted = new Map(counters.map((each) => [each.interface, each]));
  const names = [...new Set([...interfaces, ...used.keys()])].sort();
  return Object.fromEntries(
    names.map((name) => {
      const own = used.get(name) ?? [];
      const kernel = counted.get(name);
      return [
        name,
        {
          top_consumer: topConsumer(own),
          period: `day ${day}, month ${day.slice(0, 7)}`,
          ...programsOf(own),
          ...(kernel ? { kernel: { rx: kernel.rxBytes, tx: kernel.txBytes } satisfies KernelCounters } : {}),
        },
      ];
    }),
  );
}

function rowsOf(ofDay: readonly TrafficTotal[], ofMonth: readonly TrafficTotal[]): Row[] {
  const rows = new Map<string, Row>();
  const add = (total: TrafficTotal, span: 'day' | 'month') => {
    const { interface: name, method } = total;
    const program = taken.has(total.program) ? `${total.program} (program)` : total.program;
    const shown = program.slice(0, longestText);
    const key = JSON.stringify([name, shown, method]);
    const row = rows.get(key) ?? { interface: name, program: shown, method, month: nothing, day: nothing };
    // The classes of a method are one row.
    rows.set(key, { ...row, [span]: sum(row[span], total) });
  };
  for (const total of ofMonth) add(total, 'month');
  for (const total of ofDay) add(total, 'day');
  return [...rows.values()];
}

function withinBound(rows: readonly Row[]): Row[] {
  if (rows.length <= mostRows) return [...rows];
  const byTraffic = [...rows].sort((a, b) => traffic(b.month) - traffic(a.month));
  const rest = new Map<string, Row>();
  for (const row of byTraffic.slice(mostRows)) {
    const before = rest.get(row.interface) ?? { ...row, ...others, month: nothing, day: nothing };
    const added = { ...before, month: sum(before.month, row.month), day: sum(before.day, row.day) };
    rest.set(row.interface, added);
  }
  return [...byTraffic.slice(0, mostRows), ...rest.values()];
}

function programsOf(rows: readonly Row[]): Record<string, Record<string, PeriodUsage>> {
  const programs = [...Map.groupBy(rows, ({ program }) => program)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    programs.map(([program, own]) => [
      program,
      Object.fromEntries(own.map(({ method, day, month }) => [method, { ...day, month }])),
    ]),
  );
}

/** Who moved the most bytes over an interface this month; empty when nobody used it. */
function topConsumer(rows: readonly Row[]): string {
  const sums = new Map<string, number>();
  for (const { program, method, month } of rows) {
    if (method !== others.method) sums.set(program, (sums.get(program) ?? 0) + traffic(month));
  }
  const [top] = [...sums].sort(([, a], [, b]) => b - a);
  return top?.[0] ?? '';
}

function traffic({ tot_rx, tot_tx }: MethodUsage): number {
  return tot_rx + tot_tx;
}

function sum(a: MethodUsage, b: MethodUsage): MethodUsage {
  return {
    tot_rx: a.tot_rx + b.tot_rx,
    max_rx: Math.max(a.max_rx, b.max_rx),
    tot_tx: a.tot_tx + b.tot_tx,
    max_tx: Math.max(a.max_tx, b.max_tx),
    num: a.num + b.num,
  };
}
