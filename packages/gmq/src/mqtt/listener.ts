import { createServer, type Server } from 'node:net';
import { limits } from '@gateway-engine/device-api';
import { type Clock, type Logger, wholeSeconds } from '@gateway-engine/host';
import type { BodyBudget } from '../http/body-budget.ts';
import { addressOf, listenOn } from '../http/listen.ts';
import type { Acceptance } from '../intake/acceptance.ts';
import { batchEntries } from '../intake/batch.ts';
import { checkedPoint } from '../intake/points.ts';
import { Refusal } from '../intake/refusal.ts';
import type { RefusalLog } from '../intake/refusal-log.ts';
import type { Address } from '../settings/values.ts';
import type { MqttCounts } from '../status.ts';
import type { Caller } from '../store/identity.ts';
import type { Outcome } from './acknowledgements.ts';
import { reasons } from './packets.ts';
import { type Message, Session } from './session.ts';
import { callerOfUser, targetOf } from './topics.ts';

export interface MqttParts {
  readonly acceptance: Acceptance;
  readonly budget: BodyBudget;
  readonly refusals: RefusalLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A topic and a header beside the largest value of the device API. */
const packetBytes = limits.dataBodyBytes + 128 * 1024;
const mostConnections = 256;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Takes messages of local programs by MQTT 3.1, 3.1.1 and 5 into the queue. */
export class MqttListener {
  readonly #parts: MqttParts;
  readonly #server: Server;
  readonly #sessions = new Set<Session>();
  readonly #byClient = new Map<string, Session>();
  /** What is being stored, to be waited for at the end. */
  readonly #storing = new Set<Promise<unknown>>();
  #stored = 0;
  #dropped = 0;
  #refused = 0;

  constructor(parts: MqttParts) {
    this.#parts = parts;
    this.#server = createServer((socket) => {
      const session = new Session(socket, {
        budget: parts.budget,
        packetBytes,
        callerOfUser,
        publish: (message, caller) => this.#publish(message, caller),
        named: (clientId, of) => this.#name(clientId, of),
        ended: (of) => this.#forget(of),
        complain: (reason) => this.#complain(reason),
        failed: (error) => parts.logger.error(error, 'an MQTT connection failed in an unexpected way'),
      });
      this.#sessions.add(session);
    });
    this.#server.maxConnections = mostConnections;
    this.#server.on('drop', () => this.#complain(`is closed: there are ${mostConnections} already`));
  }

  /** Throws UsageError when the address cannot be had. */
  async listen(address: Address, settingsFile: string): Promise<string> {
    await listenOn(this.#server, address, { option: '[mqtt] listen', file: settingsFile });
    return addressOf(this.#server);
  }

  get counts(): MqttCounts {
    return {
      connections: this.#sessions.size,
      stored: this.#stored,
      dropped: this.#dropped,
      refused: this.#refused,
    };
  }

  /** Ends all connections; resolves when what they brought is stored. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of [...this.#sessions]) session.close(reasons.shuttingDown);
    await closed;
    await Promise.all(this.#storing);
  }

  async #publish(message: Message, caller: Caller | undefined): Promise<Outcome> {
    const storing = this.#store(message, caller);
    this.#storing.add(storing);
    const outcome = await storing;
    this.#storing.delete(storing);
    if (outcome === 'stored') this.#stored++;
    else {
      if (message.qos === 0) this.#dropped++;
      else this.#refused++;
      if (!outcome.logged) {
        const topic = JSON.stringify(message.topic.slice(0, 80));
        this.#parts.refusals.say(
          'mqtt message',
          `an MQTT message to ${topic} is not taken: ${outcome.message}`,
        );
      }
    }
    return outcome;
  }

  async #store({ topic, payload }: Message, caller: Caller | undefined): Promise<Outcome> {
    try {
      const now = wholeSeconds(this.#parts.clock);
      const target = targetOf(topic);
      const known = target.caller ?? caller;
      if (target.kind === 'batch') {
        await this.#parts.acceptance.accept(batchEntries(payload, known, now), now, 'recorded');
        return 'stored';
      }
      if (!known) throw new Refusal(400, 'neither the topic nor the user name says whose it is');
      const point = checkedPoint({ alias: target.alias, at: now, value: textOf(payload), stamped: true });
      const haste = target.kind === 'write' ? 'written' : 'recorded';
      await this.#parts.acceptance.accept([{ caller: known, points: [point] }], now, haste);
      return 'stored';
    } catch (error) {
      if (error instanceof Refusal) return error;
      this.#parts.logger.error(error, 'an MQTT message failed in an unexpected way');
      return new Refusal(503, 'the queue cannot store it', { cause: error, logged: true });
    }
  }

  #complain(reason: string): void {
    this.#parts.refusals.say('mqtt client', `an MQTT client ${reason}`);
  }

  #name(clientId: string, session: Session): void {
    this.#byClient.get(clientId)?.close(reasons.takenOver);
    this.#byClient.set(clientId, session);
  }

  #forget(session: Session): void {
    this.#sessions.delete(session);
    for (const [clientId, of] of this.#byClient) {
      if (of === session) this.#byClient.delete(clientId);
    }
  }
}

function textOf(payload: Buffer): string {
  try {
    return strictUtf8.decode(payload);
  } catch (cause) {
    throw new Refusal(400, 'the message is not UTF-8 text', { cause });
  }
}
