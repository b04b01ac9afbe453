import { statfs } from 'node:fs/promises';
import { availableParallelism, loadavg, uptime } from 'node:os';
import {
  dayOf,
  latestRequest,
  requestsSince,
  type TrafficClass,
  trafficFile,
  trafficTotals,
} from '@gateway-engine/device-client';
import { askStatus, readSettings } from '@gateway-engine/gmq';
import { type Clock, describeError } from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { type EngineConfig, readEngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import { uptimeOf } from '../reports/engine-report.ts';
import { meminfo, parseMeminfo } from '../reports/machine/memory.ts';
import type { ProcessorUse } from '../reports/programs/processor-use.ts';
import { type ProgramFacts, programFacts } from '../reports/programs/program-facts.ts';
import { version } from '../version.ts';
import type { GatewayLook, ProgramRow, QueueRow } from './gateway-look.ts';

const answerMs = 3_000;
/** Among so many of the last requests there is a check-in, unless the queue is very busy. */
const lookedThrough = 2_000;

/** Looks at a gateway, whatever of it runs. `processors` keeps what the look before has seen. */
export async function lookAtGateway(
  layout: HomeLayout,
  clock: Clock,
  processors: ProcessorUse,
): Promise<GatewayLook> {
  const problems: string[] = [];
  const orNull = async <T>(work: () => Promise<T> | T): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      problems.push(describeError(error));
      return null;
    }
  };
  const config = await orNull(() => readEngineConfig(layout));
  const accounts = trafficFile(process.env.GWE_TRAFFIC_DB ?? layout.accounts);
  const now = clock.now();
  const [memory, disk, programs, queue] = await Promise.all([
    orNull(async () => parseMeminfo(await meminfo())),
    orNull(async () => {
      const { blocks, bavail, bsize } = await statfs(layout.root);
      return { size: blocks * bsize, available: bavail * bsize };
    }),
    orNull(() =>
      programRows(config?.supervisorUrl ?? `unix://${layout.supervisorSocket}`, processors, clock),
    ),
    orNull(() => queueRow(layout, now)),
  ]);
  const network = accounts === undefined ? null : await orNull(() => networkToday(accounts, now));
  const checkIn =
    accounts === undefined || config === null ? null : await orNull(() => checkInOf(accounts, config, now));
  return {
    time: now,
    version,
    home: layout.root,
    uptime: Math.floor(uptime()),
    load: loadavg(),
    processors: availableParallelism(),
    memory: { total: memory?.total ?? 0, available: memory?.available ?? 0 },
    disk,
    programs,
    queue,
    network,
    checkIn,
    problems,
  };
}

async function programRows(url: string, processors: ProcessorUse, clock: Clock): Promise<ProgramRow[]> {
  const supervisor = new SupervisorClient(url, { timeoutMs: answerMs });
  return (await programFacts(supervisor, processors, clock.monotonic())).map(rowOf);
}

function rowOf(facts: ProgramFacts): ProgramRow {
  const { process, cpu, memory, processes, restarts, lastError } = facts;
  const isUp = process.pid > 0;
  return {
    name: process.group === process.name ? process.name : `${process.group}:${process.name}`,
    state: process.statename,
    pid: process.pid,
    uptime: isUp ? (uptimeOf(process.pid) ?? Math.max(0, process.now - process.start)) : null,
    cpu: cpu ?? null,
    memory,
    processes,
    restarts: restarts ?? null,
    problem: process.statename === 'RUNNING' ? '' : lastError,
  };
}

async function queueRow(layout: HomeLayout, now: number): Promise<QueueRow> {
  const { running, waiting, bytes, oldest, deadLetters, rates } = await askStatus(
    await readSettings(layout.gmqCfg, layout.root),
  );
  return {
    running,
    waiting,
    bytes,
    oldest: oldest === null ? null : Math.max(0, Math.round(now / 1000) - oldest),
    deadLetters,
    accepted: rates?.accepted ?? null,
    uploaded: rates?.uploaded ?? null,
  };
}

function networkToday(accounts: string, now: number): GatewayLook['network'] {
  const day = dayOf(now);
  const sums: Partial<Record<TrafficClass, number>> = {};
  for (const total of trafficTotals(accounts, { fromDay: day, toDay: day })) {
    sums[total.class] = (sums[total.class] ?? 0) + total.tot_rx + total.tot_tx;
  }
  return sums;
}

/** A check-in reads, and writes what has changed; the engine's long polls are accounted for under another method. */
function checkInOf(
  accounts: string,
  { updateInterval }: Pick<EngineConfig, 'updateInterval'>,
  now: number,
): GatewayLook['checkIn'] {
  const from = Math.max(0, latestRequest(accounts) - lookedThrough);
  const last = requestsSince(accounts, from).findLast(
    ({ program, method, status = 0 }) =>
      program === 'gwe' && ['read', 'write'].includes(method) && status >= 200 && status < 300,
  );
  if (!last) return null;
  const ago = Math.max(0, Math.round((now - last.time) / 1000));
  return { last: ago, next: Math.max(0, updateInterval - ago) };
}
