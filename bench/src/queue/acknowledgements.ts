import { join } from 'node:path';
import { freePort } from '@gateway-engine/testkit';
import { compare, print } from '../result.ts';
import { putLoad } from './load.ts';
import { jetStream, type MosquittoFigures, mosquitto } from './peers.ts';
import { startQueue, startServer } from './servers.ts';
import { keptForever } from './settings.ts';
import type { Side } from './sides.ts';

const bench = 'gmq';
const device = 'a'.repeat(40);

export interface RoundPlan {
  readonly folder: string;
  readonly sides: readonly Side[];
  readonly seconds: number;
  readonly rounds: number;
}

/**
 * Durable acknowledgements a second: our queue, a bare server that stores nothing, and two brokers, one after another
 * in each round. Ours answers after an fsync; JetStream and Mosquitto as they do without further settings, which is
 * before.
 */
export async function acknowledgements(plan: RoundPlan, connections: number): Promise<void> {
  const figures = new Map<string, number[]>();
  const add = (name: string, figure: number) => figures.set(name, [...(figures.get(name) ?? []), figure]);
  const sleepers: MosquittoFigures[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const folder = (name: string) => join(plan.folder, `acks-${connections}-${round}-${name}`);
    for (const side of plan.sides) {
      add(
        `ours ${side.runtime}`,
        await queue(side, folder(`queue-${side.runtime}`), connections, plan.seconds),
      );
      add(`bare ${side.runtime}`, await bare(side, connections, plan.seconds));
    }
    const publish = { inFlight: connections, seconds: plan.seconds };
    add('jetstream', await jetStream({ ...publish, folder: folder('jetstream') }));
    const broker = await mosquitto({ ...publish, folder: folder('mosquitto') });
    sleepers.push(broker);
    add('mosquitto', broker.perSecond);
  }
  const of = (name: string) => figures.get(name) ?? [];
  for (const { runtime } of plan.sides) {
    const metric = `durable acknowledgements, ${connections} at a time, on ${runtime}`;
    const what = { bench, metric, unit: '1/s' };
    const ours = of(`ours ${runtime}`);
    const goal = connections === 64 ? '>= 0.8 of the peer' : 'stated';
    // Bun has an HTTP server of its own behind the name of Node.js's.
    for (const peer of new Set(['Node.js', runtime])) {
      print(
        compare(
          { ...what, peer: `bare node:http on ${peer}, stores nothing`, goal },
          ours,
          of(`bare ${peer}`),
          (a, b) => (connections === 64 ? a >= 0.8 * b : true),
        ),
      );
    }
    print(
      compare(
        {
          ...what,
          peer: 'NATS JetStream, file storage, from Node.js',
          goal: connections === 64 ? '>= the peer' : 'stated',
        },
        ours,
        of('jetstream'),
        (a, b) => (connections === 64 ? a >= b : true),
      ),
    );
    print(
      compare(
        { ...what, peer: `Mosquitto, QoS 1${droppedWords(sleepers)}`, goal: 'stated' },
        ours,
        of('mosquitto'),
        () => true,
      ),
    );
  }
}

async function queue(side: Side, home: string, connections: number, seconds: number): Promise<number> {
  await using server = await startQueue(side.gmq, home, keptForever);
  return await rate(server.port, connections, seconds);
}

async function bare(side: Side, connections: number, seconds: number): Promise<number> {
  const port = await freePort();
  await using _ = await startServer(port, [...side.bare, String(port)]);
  return await rate(port, connections, seconds);
}

async function rate(port: number, connections: number, seconds: number): Promise<number> {
  const plan = { port, connections, device, form: 'record' } as const;
  // Both runtimes are slow until they have seen their work for a while.
  await putLoad({ ...plan, seconds: Math.min(1, seconds), from: 1_000_000_000 });
  const { taken, seconds: lasted } = await putLoad({ ...plan, seconds, from: 1_200_000_000 });
  return taken / lasted;
}

function droppedWords(rounds: readonly MosquittoFigures[]): string {
  const sum = (of: (round: MosquittoFigures) => number) =>
    rounds.reduce((total, round) => total + of(round), 0);
  return `, which dropped ${sum((round) => round.dropped)} of ${sum((round) => round.taken)} acknowledged messages for a sleeping subscriber`;
}
