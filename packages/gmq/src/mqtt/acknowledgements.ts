import type { Packet } from 'mqtt-packet';
import type { Refusal } from '../intake/refusal.ts';
import { reasons, type Version } from './packets.ts';

/** What became of a published message. */
export type Outcome = 'stored' | Refusal;

/** The answers to published messages of one connection, in the order of the messages. */
export class Acknowledgements {
  readonly #limit: number;
  readonly #version: () => Version;
  readonly #send: (packet: Packet) => void;
  readonly #giveUp: (reason: number, complaint: string) => void;
  readonly #idle: () => void;
  #waiting = 0;
  #turn: Promise<void> = Promise.resolve();
  /** Identifiers of QoS 2 messages that were taken and not released yet. */
  readonly #unreleased = new Set<number>();

  constructor(parts: {
    /** Messages that may wait for their answer, and that may wait for their release. */
    readonly limit: number;
    readonly version: () => Version;
    readonly send: (packet: Packet) => void;
    /** Ends the connection. */
    readonly giveUp: (reason: number, complaint: string) => void;
    /** Called when there is room again. */
    readonly idle: () => void;
  }) {
    this.#limit = parts.limit;
    this.#version = parts.version;
    this.#send = parts.send;
    this.#giveUp = parts.giveUp;
    this.#idle = parts.idle;
  }

  get full(): boolean {
    return this.#waiting >= this.#limit;
  }

  /** Answers a message when it is known what became of it, and those before it are answered. */
  await(qos: 0 | 1 | 2, messageId: number, outcome: Promise<Outcome>): void {
    if (qos === 2) this.#unreleased.add(messageId);
    if (this.#unreleased.size > this.#limit) {
      this.#giveUp(reasons.receiveMaximumExceeded, 'does not release its messages of QoS 2');
    }
    this.#waiting++;
    this.#turn = this.#turn.then(async () => {
      const known = await outcome;
      if (qos > 0) this.#answer(qos, messageId, known);
      this.#waiting--;
      if (this.#waiting === this.#limit >> 1 || this.#waiting === 0) this.#idle();
    });
  }

  /** Whether a QoS 2 message is one that was taken already: it is not stored a second time. */
  repeats(messageId: number): boolean {
    if (!this.#unreleased.has(messageId)) return false;
    this.await(2, messageId, Promise.resolve('stored'));
    return true;
  }

  /** PUBREL: the client will not send this one again. */
  release(messageId: number): void {
    const found = this.#unreleased.delete(messageId);
    this.#send({
      cmd: 'pubcomp',
      messageId,
      reasonCode: found ? reasons.success : reasons.packetIdentifierNotFound,
    });
  }

  /**
   * What cannot be stored now is not answered: the connection ends, and the client sends it again with the next one. A
   * message that will never be taken gets the reason in MQTT 5; the older versions have no room for it, and an
   * acknowledgement would be a lie.
   */
  #answer(qos: number, messageId: number, outcome: Outcome): void {
    const cmd = qos === 1 ? 'puback' : 'pubrec';
    if (outcome === 'stored') {
      this.#send({ cmd, messageId, reasonCode: reasons.success });
      return;
    }
    this.#unreleased.delete(messageId);
    const reason = reasonOf(outcome);
    if (outcome.status === 503) this.#giveUp(reason, 'has to try again: the queue takes nothing now');
    else if (this.#version() === 5) this.#send({ cmd, messageId, reasonCode: reason });
    else this.#giveUp(reason, `sends a message that will never be taken: ${outcome.message}`);
  }
}

function reasonOf({ status }: Refusal): number {
  switch (status) {
    case 503:
      return reasons.quotaExceeded;
    case 404:
      return reasons.topicNameInvalid;
    case 413:
      return reasons.packetTooLarge;
    default:
      return reasons.payloadFormatInvalid;
  }
}
