import { isObject, type JsonObject, numberOf, type Report, readReport, textOf } from './report.ts';

/** `{"<interface>": {"top_consumer": "<text>", "<group>": {"<name>": {tot_rx, max_rx, tot_tx, max_tx, num}}}}` */
export interface InterfaceUsage {
  readonly name: string;
  readonly topConsumer: string;
  readonly rows: readonly UsageRow[];
  readonly received: number;
  readonly sent: number;
  /** Bytes of the present month; undefined when the report has no months. */
  readonly month: { readonly received: number; readonly sent: number } | undefined;
  /** What the kernel counted for all programs since boot. */
  readonly kernel: { readonly received: number; readonly sent: number } | undefined;
}

export interface UsageRow {
  readonly group: string;
  readonly name: string;
  /** Bytes in all and of the largest request; undefined where the report has no number. */
  readonly totalReceived: number | undefined;
  readonly maxReceived: number | undefined;
  readonly totalSent: number | undefined;
  readonly maxSent: number | undefined;
  readonly requests: number | undefined;
  /** Bytes received and sent in the present month. */
  readonly month: number | undefined;
}

export function readUsageReport(text: string | null | undefined): Report<InterfaceUsage[]> {
  return readReport(text, usageOf);
}

function usageOf(json: JsonObject): InterfaceUsage[] | string {
  const interfaces: InterfaceUsage[] = [];
  for (const [name, groups] of Object.entries(json)) {
    if (!isObject(groups)) return `the entry of ${JSON.stringify(name.slice(0, 100))} is not an object`;
    const rows = Object.entries(groups).flatMap(([group, users]) =>
      isObject(users) ? Object.entries(users).flatMap(([user, figures]) => rowOf(group, user, figures)) : [],
    );
    interfaces.push({
      name,
      topConsumer: textOf(groups.top_consumer),
      rows: rows.sort((a, b) => traffic(b) - traffic(a)),
      received: rows.reduce((sum, row) => sum + (row.totalReceived ?? 0), 0),
      sent: rows.reduce((sum, row) => sum + (row.totalSent ?? 0), 0),
      month: monthOf(groups),
      kernel: kernelOf(groups.kernel),
    });
  }
  return interfaces;
}

function monthOf(groups: JsonObject): InterfaceUsage['month'] {
  const months = Object.values(groups)
    .filter(isObject)
    .flatMap((users) => Object.values(users))
    .map((figures) => (isObject(figures) ? figures.month : undefined))
    .filter(isObject);
  if (months.length === 0) return undefined;
  const sum = (key: string) => months.reduce((total, month) => total + (numberOf(month[key]) ?? 0), 0);
  return { received: sum('tot_rx'), sent: sum('tot_tx') };
}

function kernelOf(counters: unknown): InterfaceUsage['kernel'] {
  if (!isObject(counters)) return undefined;
  const received = numberOf(counters.rx);
  const sent = numberOf(counters.tx);
  return received === undefined || sent === undefined ? undefined : { received, sent };
}

function rowOf(group: string, name: string, figures: unknown): UsageRow[] {
  if (!isObject(figures)) return [];
  return [
    {
      group,
      name,
      totalReceived: numberOf(figures.tot_rx),
      maxReceived: numberOf(figures.max_rx),
      totalSent: numberOf(figures.tot_tx),
      maxSent: numberOf(figures.max_tx),
      requests: numberOf(figures.num),
      month: isObject(figures.month)
        ? (numberOf(figures.month.tot_rx) ?? 0) + (numberOf(figures.month.tot_tx) ?? 0)
        : undefined,
    },
  ];
}

function traffic(row: UsageRow): number {
  return row.month ?? (row.totalReceived ?? 0) + (row.totalSent ?? 0);
}
