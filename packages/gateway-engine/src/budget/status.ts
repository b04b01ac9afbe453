import { existsSync } from 'node:fs';
import {
  BudgetGate,
  type BudgetState,
  dayOf,
  interfaceCounters,
  type TrafficTotal,
  trafficFile,
  trafficTotals,
} from '@gateway-engine/device-client';
import type { Clock } from '@gateway-engine/host';
import type { HomeLayout } from '../home/layout.ts';
import { InstallJournal } from '../ota/journal.ts';
import { openEngineDatabase } from '../state/database.ts';
import { ProcessLock } from '../state/process-lock.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import { version } from '../version.ts';
import { type BudgetUse, budgetUse } from './use.ts';

/** Bytes, received and sent together. */
export interface InterfaceUse {
  readonly interface: string;
  readonly today: number;
  readonly month: number;
  /** What the kernel has counted for all programs since boot; null for an interface that is not there now. */
  readonly kernel: number | null;
}

export interface GatewayStatus {
  readonly version: string;
  /** Process id of the engine; null when it does not run. */
  readonly engine: number | null;
  /** Where the use of the network is written down; null: nowhere. */
  readonly accounts: string | null;
  readonly interfaces: readonly InterfaceUse[];
  readonly budget: readonly BudgetUse[];
  /** Installs that have not come to their end. */
  readonly installs: readonly { readonly tarball: string; readonly state: string }[];
  /** Texts for the platform that it has not taken yet. */
  readonly untold: number;
}

/** The state of a gateway, whether its engine runs or not. Throws TrafficReadError. */
export async function gatewayStatus(
  layout: HomeLayout,
  clock: Clock,
  warn: (message: string) => void,
): Promise<GatewayStatus> {
  const accounts = trafficFile(process.env.GWE_TRAFFIC_DB ?? layout.accounts);
  const gate = new BudgetGate({ engineConfig: layout.engineConfig, accounting: accounts, clock, warn });
  const states: readonly BudgetState[] = await gate.states();
  return {
    version,
    ...(await engineState(layout, clock)),
    accounts: accounts ?? null,
    interfaces: accounts === undefined ? [] : await interfaceUse(accounts, clock.now()),
    budget: states.map(budgetUse),
  };
}

async function engineState(
  layout: HomeLayout,
  clock: Clock,
): Promise<Pick<GatewayStatus, 'engine' | 'installs' | 'untold'>> {
  // A home in which no engine has run is not given a database by looking at it.
  if (!existsSync(layout.database)) return { engine: null, installs: [], untold: 0 };
  const database = await openEngineDatabase(layout);
  try {
    const outbox = new StatusOutbox(database);
    const installs = new InstallJournal(database, outbox, clock).unfinished();
    return {
      engine: new ProcessLock(database, 'daemon').holder() ?? null,
      installs: installs.map(({ tarball, state }) => ({ tarball, state })),
      untold: outbox.waiting,
    };
  } finally {
    database.close();
  }
}

async function interfaceUse(accounts: string, now: number): Promise<InterfaceUse[]> {
  const today = dayOf(now);
  const sums = (fromDay: string) => bytesByInterface(trafficTotals(accounts, { fromDay, toDay: today }));
  const ofDay = sums(today);
  const ofMonth = sums(`${today.slice(0, 7)}-01`);
  const counted = new Map(
    (await interfaceCounters()).map((each) => [each.interface, each.rxBytes + each.txBytes]),
  );
  return [...new Set([...ofMonth.keys(), ...counted.keys()])].sort().map((name) => ({
    interface: name,
    today: ofDay.get(name) ?? 0,
    month: ofMonth.get(name) ?? 0,
    kernel: counted.get(name) ?? null,
  }));
}

function bytesByInterface(totals: readonly TrafficTotal[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const total of totals) {
    sums.set(total.interface, (sums.get(total.interface) ?? 0) + total.tot_rx + total.tot_tx);
  }
  return sums;
}
