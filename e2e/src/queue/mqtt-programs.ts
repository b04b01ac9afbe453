import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import type { PointLedger } from './point-ledger.ts';
import { recordAliases } from './programs.ts';
import type { Speaker } from './queue-site.ts';

export interface MqttLoadPlan {
  readonly port: number;
  readonly speakers: readonly Speaker[];
  readonly ledger: PointLedger;
  readonly pauseMs: number;
  /** Seconds for records; each is used once. */
  readonly seconds: Iterator<number>;
}

/**
 * Programs that send batches by MQTT with QoS 1, one for each device. What the queue acknowledges is promised; a
 * connection that breaks is made anew, and what was on its way is not sent again, so that it shows what came of it.
 */
export class MqttPrograms implements AsyncDisposable {
  readonly #plan: MqttLoadPlan;
  readonly #work: Promise<void>[];
  /** Messages that were acknowledged. */
  taken = 0;
  #going = true;

  constructor(plan: MqttLoadPlan) {
    this.#plan = plan;
    this.#work = plan.speakers.map((speaker) => this.#program(speaker));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#going = false;
    await Promise.all(this.#work);
  }

  async #program(speaker: Speaker): Promise<void> {
    while (this.#going) {
      const client = mqtt.connect(`mqtt://127.0.0.1:${this.#plan.port}`, {
        username: Object.values(speaker.headers).join(),
        reconnectPeriod: 0,
        connectTimeout: 3_000,
      });
      // While the queue is gone there is nobody to connect to; the loop tries again.
      client.on('error', () => {});
      const closed = new Promise<false>((resolve) => client.once('close', () => resolve(false)));
      const connected = new Promise<true>((resolve) => client.once('connect', () => resolve(true)));
      try {
        if (await Promise.race([connected, closed])) await this.#publish(client, speaker, closed);
      } finally {
        client.end(true);
      }
      await sleep(20);
    }
  }

  async #publish(client: mqtt.MqttClient, speaker: Speaker, closed: Promise<false>): Promise<void> {
    while (this.#going) {
      const points = recordAliases.map((alias) =>
        this.#plan.ledger.enter(speaker.sn, alias, this.#plan.seconds.next().value),
      );
      const lines = points.map(({ alias, value, at }) => `${JSON.stringify({ alias, value, at })}\n`);
      const taken = client.publishAsync('batch', lines.join(''), { qos: 1 }).then(
        () => true,
        () => false,
      );
      if (!(await Promise.race([taken, closed]))) return;
      this.taken++;
      for (const point of points) point.acknowledged = true;
      await sleep(this.#plan.pauseMs);
    }
  }
}
