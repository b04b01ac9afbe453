import { existsSync } from 'node:fs';
import type { OtaTrust } from '@gateway-engine/device-api';
import {
  BudgetGate,
  type BudgetState,
  dayOf,
  interfaceCounters,
  readGatewayCfg,
  type TrafficTotal,
  trafficFile,
  trafficTotals,
} from '@gateway-engine/device-client';
import { type Clock, silentLogger } from '@gateway-engine/host';
import { type EngineConfig, readEngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import type { Install } from '../ota/install.ts';
import { InstallJournal } from '../ota/journal.ts';
import { subjectOf } from '../ota/subject.ts';
import { openEngineDatabase } from '../state/database.ts';
import { ProcessLock } from '../state/process-lock.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import { openTrust } from '../trust/open-trust.ts';
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
  /** By what updates are judged. */
  readonly ota: OtaTrust;
  readonly apps: readonly AppStatus[];
  /** Installs that have not come to their end. */
  readonly installs: readonly InstallStatus[];
  /** Why the newest version of an application that was to be installed is not. */
  readonly refused: readonly RefusedStatus[];
  /** Texts for the platform that it has not taken yet. */
  readonly untold: number;
}

export interface AppStatus {
  readonly name: string;
  readonly version: string;
  /** The version that `gwe rollback` leads to; null when there is none. */
  readonly previous: string | null;
  readonly signed: boolean;
}

export interface InstallStatus {
  readonly tarball: string;
  readonly state: string;
  /** What it waits for, in a word and in words; null when it is at work. */
  readonly waits: { readonly for: string; readonly text: string; readonly until: string | null } | null;
}

export interface RefusedStatus {
  readonly tarball: string;
  /** In a word, when it is one of the usual reasons. */
  readonly because: string | null;
  readonly reason: string;
  readonly at: string;
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
    ...(await engineState(layout, await readEngineConfig(layout), clock)),
    accounts: accounts ?? null,
    interfaces: accounts === undefined ? [] : await interfaceUse(accounts, clock.now()),
    budget: states.map(budgetUse),
  };
}

async function engineState(
  layout: HomeLayout,
  { ota }: Pick<EngineConfig, 'ota'>,
  clock: Clock,
): Promise<Pick<GatewayStatus, 'engine' | 'ota' | 'apps' | 'installs' | 'refused' | 'untold'>> {
  // A home in which no engine has run is not given a database by looking at it.
  if (!existsSync(layout.database)) {
    const { verify = ota.rootSha256 === undefined ? 'unpinned' : 'required' } = ota;
    return { engine: null, ota: { verify }, apps: [], installs: [], refused: [], untold: 0 };
  }
  const database = await openEngineDatabase(layout);
  try {
    const outbox = new StatusOutbox(database);
    const journal = new InstallJournal(database, outbox, clock);
    const { model: product } = await readGatewayCfg(layout.gatewayCfg);
    const trust = openTrust({
      layout,
      database,
      product,
      ota,
      platform: undefined,
      clock,
      logger: silentLogger,
    });
    return {
      engine: new ProcessLock(database, 'daemon').holder() ?? null,
      ota: trust.facts,
      apps: journal.apps().map(({ name, version, previous, release }) => ({
        name,
        version,
        previous,
        signed: release !== null,
      })),
      installs: journal.unfinished().map(installStatus),
      refused: refusedOf(journal.history()),
      untold: outbox.waiting,
    };
  } finally {
    database.close();
  }
}

function installStatus({ tarball, state, facts: { waits } }: Install): InstallStatus {
  const until = waits?.until === undefined ? null : new Date(waits.until).toISOString();
  return { tarball, state, waits: waits ? { for: waits.for, text: waits.text, until } : null };
}

/** Of each application the newest work, where that has failed. `history`: the newest first. */
function refusedOf(history: readonly Install[]): RefusedStatus[] {
  const seen = new Set<string>();
  return history.flatMap((install) => {
    const { tarball, state, facts, changedAt } = install;
    const subject = subjectOf(install) ?? tarball;
    if (seen.has(subject)) return [];
    seen.add(subject);
    if (state !== 'failed' && state !== 'rolled-back') return [];
    const reason = (facts.reason ?? '').split('\n')[0] ?? '';
    return [{ tarball, because: facts.because ?? null, reason, at: new Date(changedAt).toISOString() }];
  });
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
