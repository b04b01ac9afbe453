import { UsageError } from '@gateway-engine/host/basics';
import type { Command } from 'commander';
import { interfaceCounters } from '../accounting/interface-counters.ts';
import { trafficTotals } from '../accounting/read-traffic.ts';
import { trafficFile } from '../accounting/traffic-file.ts';
import { print, wantsJson } from './client.ts';
import type { Terminal } from './terminal.ts';

/** What the programs that use a device client sent and received, with the kernel's counters beside it. */
export async function showTraffic(
  gdc: Command,
  terminal: Terminal,
  days: { readonly from?: string | undefined; readonly to?: string | undefined },
) {
  const range = { fromDay: checkedDay(days.from), toDay: checkedDay(days.to) };
  const file = trafficFile(undefined, terminal.env);
  if (file === undefined) throw new UsageError('accounting is off: GWE_TRAFFIC_DB is empty');
  const totals = trafficTotals(file, range);
  const kernel = await interfaceCounters();
  if (wantsJson(gdc)) return print(terminal, JSON.stringify({ file, totals, kernel }));
  const rows = [
    ['INTERFACE', 'PROGRAM', 'CLASS', 'METHOD', 'REQUESTS', 'RECEIVED', 'SENT'],
    ...totals.map((sum) => [
      sum.interface,
      sum.program,
      sum.class,
      sum.method,
      String(sum.num),
      String(sum.tot_rx),
      String(sum.tot_tx),
    ]),
    ...kernel.map((each) => [
      each.interface,
      '(all, since boot)',
      '',
      '',
      '',
      String(each.rxBytes),
      String(each.txBytes),
    ]),
  ];
  for (const line of table(rows)) print(terminal, line);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function checkedDay(day: string | undefined): string | undefined {
  if (day !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(day))
    throw new UsageError(`"${day}" is no day: expected YYYY-MM-DD`);
  return day;
}
