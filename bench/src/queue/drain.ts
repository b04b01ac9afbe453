import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeviceClient } from '@gateway-engine/device-client';
import { CountingRelay, waitUntil } from '@gateway-engine/testkit';
import { pssOf } from '../processes.ts';
import { compare, print } from '../result.ts';
import { type LoadResult, putLoad } from './load.ts';
import { type RunningServer, startQueue } from './servers.ts';
import { keptForever } from './settings.ts';
import type { Side } from './sides.ts';
import { keyOf, startBenchPlatform } from './site.ts';

const bench = 'gmq';
const lines = 1_000;
const sensors = Array.from({ length: 10 }, (_, index) => `sensor-${index}:float`);

export interface DrainPlan {
  readonly folder: string;
  readonly sides: readonly Side[];
  readonly records: number;
  readonly rounds: number;
}

interface Drained {
  readonly seconds: number;
  readonly peakMiB: number;
  readonly bytesPerRecord: number;
  readonly ingest: LoadResult;
  readonly ingestIdle: LoadResult;
}

/**
 * A backlog that waits for the platform, and what it takes to deliver it, while a program goes on recording. Ten
 * sensors, one point a second each, values with one decimal that wander.
 */
export async function drain(plan: DrainPlan): Promise<void> {
  const each = plan.records.toLocaleString('en');
  for (const side of plan.sides) {
    const drained: Drained[] = [];
    const plain: number[] = [];
    for (let round = 0; round < plan.rounds; round++) {
      const folder = join(plan.folder, `drain-${round}-${side.runtime}`);
      await using platform = await startBenchPlatform(
        folder,
        ['backlog', 'live'],
        [...sensors, 'temperature:float'],
      );
      await using line = await CountingRelay.start(Number(new URL(platform.url).port));
      const backlog = await keyOf(platform, 'backlog');
      const live = await keyOf(platform, 'live');
      plain.push(await bytesOfPlainWrite(line, live));
      const home = join(folder, 'home');
      await fill(side, home, backlog, plan.records);
      drained.push(await deliver({ side, home, backlog, live, line, records: plan.records }));
    }
    const all = (of: (one: Drained) => number) => drained.map(of);
    const what = (metric: string, unit: string) => ({ bench, metric: `${metric}, on ${side.runtime}`, unit });
    const stated = () => true;
    print(
      compare(
        { ...what(`drain of ${each} records`, 's'), peer: 'none', goal: 'stated' },
        all(({ seconds }) => seconds),
        [],
        stated,
      ),
    );
    const bound = side.runtime === 'Node.js' ? 120 : 80;
    print(
      compare(
        {
          ...what(`peak memory of the drain of ${each} records (PSS)`, 'MiB'),
          peer: 'none',
          goal: `<= ${bound} MB`,
        },
        all(({ peakMiB }) => peakMiB),
        [],
        (mib) => (mib * 2 ** 20) / 1e6 <= bound,
      ),
    );
    print(
      compare(
        {
          ...what('bytes on the wire for each record of the drain', 'bytes'),
          peer: 'one plain HTTP write each, kept-alive',
          goal: '<= 1/10 of the peer',
        },
        all(({ bytesPerRecord }) => bytesPerRecord),
        plain,
        (ours, theirs) => ours <= theirs / 10,
      ),
    );
    print(
      compare(
        {
          ...what(`ingest latency, 99th percentile, while ${each} records drain`, 'ms'),
          peer: 'the same queue, idle',
          goal: 'stated',
        },
        all(({ ingest }) => ingest.p99),
        all(({ ingestIdle }) => ingestIdle.p99),
        stated,
      ),
    );
  }
}

/** Both ways, of a write of one value over a connection that is there already. */
async function bytesOfPlainWrite(line: CountingRelay, cik: string): Promise<number> {
  const client = new DeviceClient({ server: `http://127.0.0.1:${line.port}`, cik, accounting: false });
  try {
    await client.write([['temperature', '21.5']]);
    const before = line.bytes;
    for (let count = 0; count < 50; count++) await client.write([['temperature', '21.5']]);
    return (line.bytes - before) / 50;
  } finally {
    client.close();
  }
}

async function fill(side: Side, home: string, device: string, records: number): Promise<void> {
  await using queue = await startQueue(side.gmq, home, keptForever);
  await putLoad({
    port: queue.port,
    connections: 2,
    seconds: 600,
    requests: records / lines,
    device,
    form: { lines },
    from: 1_600_000_000,
  });
}

async function deliver(plan: {
  side: Side;
  home: string;
  backlog: string;
  live: string;
  line: CountingRelay;
  records: number;
}): Promise<Drained> {
  const { side, home, line } = plan;
  const server = `http://127.0.0.1:${line.port}`;
  const before = line.bytes;
  const began = performance.now();
  await using queue = await startQueue(side.gmq, home, { ...keptForever, platform: { server } });
  const ending = new AbortController();
  const memory = watchMemory(queue, ending.signal);
  const ingest = {
    port: queue.port,
    connections: 1,
    everyMs: 20,
    device: plan.live,
    form: 'record',
  } as const;
  const parts: LoadResult[] = [];
  const load = (async () => {
    for (let from = 1_000_000_000; !ending.signal.aborted; from += 1_000_000) {
      parts.push(await putLoad({ ...ingest, seconds: 600, requests: 250, from }));
    }
  })();
  await empty(home, plan.backlog, plan.records);
  const seconds = (performance.now() - began) / 1000;
  const bytes = line.bytes - before;
  ending.abort();
  const peakMiB = await memory;
  await load;
  const ingestIdle = await putLoad({ ...ingest, seconds: 600, requests: 250, from: 900_000_000 });
  return { seconds, peakMiB, bytesPerRecord: bytes / plan.records, ingest: worst(parts), ingestIdle };
}

async function watchMemory(queue: RunningServer, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    peak = Math.max(peak, pssOf(queue.pid));
    await sleep(250);
  }
  return peak;
}

async function empty(home: string, cik: string, records: number): Promise<void> {
  const database = new DatabaseSync(join(home, 'var', 'gmq.db'), { readOnly: true, timeout: 10_000 });
  try {
    const waiting = database.prepare(
      'SELECT 1 FROM record WHERE identity = (SELECT id FROM identity WHERE cik = ?) LIMIT 1',
    );
    await waitUntil('the backlog to be gone', () => waiting.get(cik) === undefined, {
      timeoutMs: 3_600_000,
      everyMs: 100,
    });
    const uploaded = database.prepare('SELECT uploaded FROM identity WHERE cik = ?').get(cik)?.uploaded;
    if (uploaded !== records) throw new Error(`${uploaded} of ${records} records were delivered`);
  } finally {
    database.close();
  }
}

/** Of the stretches in which latencies were taken, the one with the highest percentile. */
function worst(parts: readonly LoadResult[]): LoadResult {
  const found = parts.toSorted((a, b) => b.p99 - a.p99)[0];
  if (!found) throw new Error('nothing was recorded during the drain');
  return found;
}
