import {
  type BudgetState,
  dayOf,
  interfaceCounters,
  type TrafficLog,
  type TrafficTotal,
  trafficTotals,
} from '@gateway-engine/device-client';
import { counterOf, gaugeOf, type Labels, type MetricFamily } from '@gateway-engine/host/metrics';

/** What all programs that keep accounts have moved this month (UTC): a counter that begins anew with the month. */
export async function networkFigures(accounts: TrafficLog | undefined, now: number): Promise<MetricFamily[]> {
  const kernel = await interfaceCounters();
  return [
    ...(accounts ? accountFigures(accounts, now) : []),
    counterOf(
      'gwe_interface_bytes_total',
      'All that the kernel has counted on each interface since it came up.',
      kernel.flatMap(({ interface: name, rxBytes, txBytes }): [Labels, number][] => [
        [{ interface: name, direction: 'received' }, rxBytes],
        [{ interface: name, direction: 'sent' }, txBytes],
      ]),
    ),
  ];
}

function accountFigures(accounts: TrafficLog, now: number): MetricFamily[] {
  // Own requests of the last second are still in memory.
  accounts.flush();
  const today = dayOf(now);
  const totals = trafficTotals(accounts.file, { fromDay: `${today.slice(0, 7)}-01`, toDay: today });
  const sums = [...Map.groupBy(totals, (total) => JSON.stringify(labelsOf(total))).values()];
  const each = (figure: (total: TrafficTotal) => number, further: Labels = {}) =>
    sums.flatMap((own): [Labels, number][] =>
      own[0]
        ? [[{ ...labelsOf(own[0]), ...further }, own.reduce((sum, total) => sum + figure(total), 0)]]
        : [],
    );
  return [
    counterOf('gwe_network_bytes_total', 'Bytes that programs with accounts moved this month (UTC).', [
      ...each(({ tot_rx }) => tot_rx, { direction: 'received' }),
      ...each(({ tot_tx }) => tot_tx, { direction: 'sent' }),
    ]),
    counterOf(
      'gwe_network_requests_total',
      'Requests that programs with accounts made this month (UTC).',
      each(({ num }) => num),
    ),
    counterOf(
      'gwe_accounts_dropped_requests_total',
      'Requests of the engine that could not be accounted for in full.',
      accounts.dropped,
    ),
  ];
}

function labelsOf({ interface: name, class: trafficClass, program }: TrafficTotal): Labels {
  return { interface: name, class: trafficClass, program };
}

/** What the byte budget allows, and what it holds back. */
export function budgetFigures(states: readonly BudgetState[]): MetricFamily[] {
  const limits = states.flatMap(({ line, spent }) => [
    { labels: { interface: line.interfaces, period: 'day' }, limit: line.day, used: spent.day },
    { labels: { interface: line.interfaces, period: 'month' }, limit: line.month, used: spent.month },
  ]);
  const set = limits.filter(({ limit }) => limit !== undefined);
  return [
    gaugeOf(
      'gwe_budget_limit_bytes',
      'What an interface may carry in the period.',
      set.map(({ labels, limit }) => [labels, limit]),
    ),
    gaugeOf(
      'gwe_budget_used_bytes',
      'What it has carried in the present one.',
      set.map(({ labels, used }) => [labels, used]),
    ),
    gaugeOf(
      'gwe_budget_waiting',
      'Always 1; a class of traffic that waits for the budget.',
      states.flatMap(({ waits, line }) =>
        waits.map((wait): [Labels, number] => [{ interface: line.interfaces, class: wait.class }, 1]),
      ),
    ),
  ];
}
