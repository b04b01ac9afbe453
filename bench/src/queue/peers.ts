import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@gateway-engine/testkit';
import { installed } from '../debian.ts';
import { peer } from '../peers.ts';
import { startServer } from './servers.ts';

export interface PublishPlan {
  readonly folder: string;
  readonly inFlight: number;
  readonly seconds: number;
}

/** Messages a second that JetStream acknowledges, kept in files, as it does without further settings. */
export async function jetStream(plan: PublishPlan): Promise<number> {
  const port = await freePort();
  mkdirSync(plan.folder, { recursive: true });
  const broker = installed('nats-server', '/usr/sbin/nats-server');
  await using _ = await startServer(port, [
    broker,
    '-js',
    '-a',
    '127.0.0.1',
    '-p',
    `${port}`,
    '-sd',
    plan.folder,
  ]);
  const clients = [peer('@nats-io/transport-node', '3.4.0'), peer('@nats-io/jetstream', '3.4.0')];
  const { taken, seconds } = await publish('jetstream-process.ts', port, plan, clients);
  return taken / seconds;
}

export interface MosquittoFigures {
  readonly perSecond: number;
  readonly taken: number;
  /** Acknowledged to the publisher, and never given to the subscriber when it woke. */
  readonly dropped: number;
}

/** The same for Mosquitto with QoS 1, persistence, and a subscriber that sleeps; no other settings. */
export async function mosquitto(plan: PublishPlan): Promise<MosquittoFigures> {
  const port = await freePort();
  mkdirSync(plan.folder, { recursive: true });
  const file = join(plan.folder, 'mosquitto.conf');
  writeFileSync(
    file,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\npersistence_location ${plan.folder}/\n`,
  );
  await using _ = await startServer(port, [installed('mosquitto', '/usr/sbin/mosquitto'), '-c', file]);
  const { taken, seconds, dropped } = await publish('mosquitto-process.ts', port, plan, []);
  return { perSecond: taken / seconds, taken, dropped };
}

async function publish(file: string, port: number, plan: PublishPlan, clients: readonly string[]) {
  const entry = fileURLToPath(new URL(file, import.meta.url));
  const args = [entry, port, plan.inFlight, plan.seconds, ...clients].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { taken: number; seconds: number; dropped: number };
}
