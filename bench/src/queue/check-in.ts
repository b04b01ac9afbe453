import { mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from '@gateway-engine/demo';
import { DeviceClient } from '@gateway-engine/device-client';
import { setIniOption, systemClock, writeDurably } from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { CountingRelay, freePort } from '@gateway-engine/testkit';
import { compare, print } from '../result.ts';
import { keyOf, product, startBenchPlatform } from './site.ts';
import { startTlsFront, type TlsFront } from './tls-front.ts';

export interface CheckInPlan {
  readonly folder: string;
  /** Seconds from one check-in to the next. */
  readonly interval: number;
  /** How many are measured; as many go by before. */
  readonly checkIns: number;
}

const monthMinutes = 30 * 24 * 60;

/**
 * Bytes on the wire, TLS and headers included, of a gateway on which nothing happens and nothing has changed: engine
 * and queue as they are installed, with the long poll that lets instructions come at once, and without.
 */
export async function idleCheckIn(plan: CheckInPlan): Promise<void> {
  const serials = ['with-poll', 'without-poll', 'plain'];
  await using platform = await startBenchPlatform(plan.folder, serials, ['note:string']);
  await using front = await startTlsFront(plan.folder, Number(new URL(platform.url).port));
  // The gateways' programs inherit it.
  process.env.NODE_EXTRA_CA_CERTS = front.certificate;
  const [withPoll, without] = await Promise.all([
    gatewayBytes(plan, front, 'with-poll', true),
    gatewayBytes(plan, front, 'without-poll', false),
  ]);
  const plain = await bytesOfConnectedWrite(front, await keyOf(platform, 'plain'));
  for (const [words, figures] of [
    ['', without],
    [', with the long poll', withPoll],
  ] as const) {
    const at = `every ${plan.interval} s${words}`;
    print(
      compare(
        {
          bench: 'gmq',
          metric: `idle check-in with nothing changed over TLS, ${at}`,
          unit: 'bytes',
          peer: 'one write with a TLS connection of its own',
          goal: 'stated',
        },
        figures,
        [plain],
        () => true,
      ),
    );
    print(
      compare(
        {
          bench: 'gmq',
          metric: `a month of idle check-ins over TLS at 60 s${words}`,
          unit: 'MB',
          peer: 'one write a minute with a TLS connection of its own',
          goal: 'stated',
        },
        figures.map((bytes) => (bytes * monthMinutes) / 1e6),
        [(plain * monthMinutes) / 1e6],
        () => true,
      ),
    );
  }
}

/** Bytes of each of the check-ins. */
async function gatewayBytes(
  plan: CheckInPlan,
  front: TlsFront,
  sn: string,
  longPoll: boolean,
): Promise<number[]> {
  await using line = await CountingRelay.start(front.port);
  const home = join(plan.folder, sn);
  mkdirSync(home);
  const gateway = await startGateway(
    {
      home,
      server: `https://127.0.0.1:${line.port}`,
      product,
      sn,
      gmqPort: await freePort(),
      logFile: join(plan.folder, `${sn}.log`),
    },
    { clock: systemClock, onPid: () => {}, onRestart: () => {} },
  );
  try {
    await configure(home, plan.interval, longPoll);
    await sleep(plan.checkIns * plan.interval * 1000);
    if (line.bytes === 0) throw new Error(`${sn} has sent nothing; see ${plan.folder}`);
    const figures: number[] = [];
    for (let count = 0; count < plan.checkIns; count++) {
      const start = line.bytes;
      await sleep(plan.interval * 1000);
      figures.push(line.bytes - start);
    }
    return figures;
  } finally {
    await gateway.stop();
  }
}

/** Changes the engine's settings and starts it anew with them. */
async function configure(home: string, interval: number, longPoll: boolean): Promise<void> {
  const file = join(home, 'etc', 'Engine.config');
  const text = setIniOption(await readFile(file, 'utf8'), 'engine', 'update_interval', String(interval));
  await writeDurably(file, setIniOption(text, 'engine', 'long_poll', String(longPoll)));
  const supervisor = new SupervisorClient(`unix://${join(home, 'run', 'supervisor.sock')}`);
  await supervisor.stopProcess('gwe');
  await supervisor.startProcess('gwe');
}

async function bytesOfConnectedWrite(front: TlsFront, cik: string): Promise<number> {
  await using line = await CountingRelay.start(front.port);
  const ca = readFileSync(front.certificate);
  const times = 10;
  for (let count = 0; count < times; count++) {
    const server = `https://127.0.0.1:${line.port}`;
    const client = new DeviceClient({ server, cik, ca, accounting: false });
    await client.write([['note', 'ok']]);
    client.close();
  }
  // The last bytes of a connection come after its end.
  await sleep(200);
  return line.bytes / times;
}
