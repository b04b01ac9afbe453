import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type {
  IConnectPacket,
  IPublishPacket,
  ISubscribePacket,
  IUnsubscribePacket,
  Packet,
} from 'mqtt-packet';
import type { BodyBudget } from '../http/body-budget.ts';
import { Refusal } from '../intake/refusal.ts';
import type { Caller } from '../store/identity.ts';
import { Acknowledgements, type Outcome } from './acknowledgements.ts';
import { FrameError, Frames } from './frames.ts';
import { encodePacket, PacketReader, reasons, type Version } from './packets.ts';

export interface SessionParts {
  readonly budget: BodyBudget;
  /** Largest packet that is taken, bytes. */
  readonly packetBytes: number;
  /** Whom a user name speaks for; throws Refusal. */
  readonly callerOfUser: (username: string | undefined) => Caller | undefined;
  /** Stores a message, of which it keeps nothing beyond the call. Never rejects. */
  readonly publish: (message: Message, caller: Caller | undefined) => Promise<Outcome>;
  /** A client has said who it is: an older connection of that name has to end. */
  readonly named: (clientId: string, session: Session) => void;
  readonly ended: (session: Session) => void;
  /** Something is wrong with what the client sends. */
  readonly complain: (reason: string) => void;
  /** Something is wrong here. */
  readonly failed: (error: unknown) => void;
}

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
}

/** A client that says nothing at first is waited for this long. */
const connectMs = 10_000;
/** Finds out that a client without a keep-alive time of its own is gone. */
const probeMs = 60_000;
/** Messages of one connection that may wait for the disk, and QoS 2 ones for their release. */
const mostInFlight = 1000;
/** A client that reads none of its answers is given up at this many bytes of them. */
const mostUnread = 256 * 1024;
/** First byte of CONNECT, which comes before all else. */
const connectHeader = 0x10;

/**
 * One connection of a client that publishes. Nothing is kept for it when it is gone, and nothing is sent to it but
 * answers: subscriptions are refused, retained messages are stored once like any other.
 *
 * Invariant: a message of QoS 1 or 2 is acknowledged as received only after it is on disk; the answers are in the order
 * of the messages.
 */
export class Session {
  readonly #socket: Socket;
  readonly #parts: SessionParts;
  readonly #reader = new PacketReader();
  readonly #frames: Frames;
  readonly #acknowledgements: Acknowledgements;
  #version: Version = 4;
  #connected = false;
  #ended = false;
  #caller: Caller | undefined;
  #will: Message | undefined;
  #held = 0;

  constructor(socket: Socket, parts: SessionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#frames = new Frames(parts.packetBytes);
    this.#acknowledgements = new Acknowledgements({
      limit: mostInFlight,
      version: () => this.#version,
      send: (packet) => this.#send(packet),
      giveUp: (reason, complaint) => this.#giveUp(reason, complaint),
      idle: () => this.#socket.resume(),
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, probeMs);
    socket.setTimeout(connectMs);
    socket.on('timeout', () => this.#giveUp(reasons.keepAliveTimeout, undefined));
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    // The end that follows says all there is to say.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
  }

  /** Ends the connection, with the reason where the protocol has room for one. */
  close(reason: number): void {
    if (this.#ended) return;
    if (this.#connected && this.#version === 5) this.#send({ cmd: 'disconnect', reasonCode: reason });
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #take(chunk: Buffer): void {
    if (!this.#connected && this.#frames.held === 0 && chunk[0] !== connectHeader) {
      this.#giveUp(reasons.protocolError, 'does not connect at first');
      return;
    }
    try {
      for (const bytes of this.#frames.take(chunk)) {
        if (this.#closing) return;
        const packet = this.#reader.read(bytes);
        if (packet) this.#handle(packet);
        else this.#giveUp(reasons.malformed, 'sends what is no MQTT packet');
      }
    } catch (error) {
      if (!(error instanceof FrameError)) {
        // A defect of ours ends the connection that met it, not those of all others.
        this.#parts.failed(error);
        this.#socket.destroy();
        return;
      }
      const reason = error.code === 'TOO_LARGE' ? reasons.packetTooLarge : reasons.malformed;
      this.#giveUp(reason, `sends ${error.message}`);
    }
    if (this.#closing) return;
    this.#account(this.#frames.held);
    if (this.#acknowledgements.full) this.#socket.pause();
  }

  /** Nothing that still comes counts. */
  get #closing(): boolean {
    return this.#ended || this.#socket.writableEnded || this.#socket.destroyed;
  }

  /** What is held of an unfinished packet counts with the bodies of requests on their way in. */
  #account(held: number): void {
    const more = held - this.#held;
    if (more > 0 && !this.#parts.budget.take(more)) {
      this.#giveUp(reasons.quotaExceeded, 'sends a large message while too many others come in');
      return;
    }
    if (more < 0) this.#parts.budget.giveBack(-more);
    this.#held = held;
  }

  #handle(packet: Packet): void {
    if (this.#connected === (packet.cmd === 'connect')) {
      this.#giveUp(
        reasons.protocolError,
        this.#connected ? 'connects a second time' : 'does not connect at first',
      );
      return;
    }
    switch (packet.cmd) {
      case 'connect':
        this.#connect(packet);
        break;
      case 'publish':
        this.#publish(packet);
        break;
      case 'pubrel':
        this.#acknowledgements.release(packet.messageId ?? 0);
        break;
      case 'pingreq':
        this.#send({ cmd: 'pingresp' });
        break;
      case 'subscribe':
      case 'unsubscribe':
        this.#subscribe(packet);
        break;
      case 'disconnect':
        // MQTT 5 has a goodbye that asks for the will.
        if (packet.reasonCode !== 4) this.#will = undefined;
        this.#socket.end();
        break;
      default:
        this.#giveUp(reasons.protocolError, `sends ${packet.cmd}`);
    }
  }

  #subscribe(packet: ISubscribePacket | IUnsubscribePacket): void {
    const { messageId = 0 } = packet;
    const wanted = packet.cmd === 'subscribe' ? packet.subscriptions : packet.unsubscriptions;
    if (wanted.length === 0) {
      this.#giveUp(reasons.protocolError, `sends ${packet.cmd} without a topic`);
      return;
    }
    if (packet.cmd === 'unsubscribe') {
      const granted = packet.unsubscriptions.map(() => reasons.success);
      this.#send({ cmd: 'unsuback', messageId, granted });
      return;
    }
    this.#parts.complain('subscribes; this listener only takes messages');
    const refused = this.#version === 5 ? reasons.notAuthorized : 0x80;
    this.#send({ cmd: 'suback', messageId, granted: packet.subscriptions.map(() => refused) });
  }

  #connect(packet: IConnectPacket): void {
    this.#version = packet.protocolVersion ?? 4;
    const { will, clientId, clean, username, keepalive = 0 } = packet;
    try {
      this.#caller = this.#parts.callerOfUser(username);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(4, reasons.badUserName, `is not let in: ${error.message}`);
      return;
    }
    if (!clientId && !clean && this.#version < 5) {
      this.#refuse(2, reasons.clientIdInvalid, 'wants a lasting session without a client id');
      return;
    }
    if (will) this.#will = { topic: will.topic, payload: bytesOf(will.payload), qos: will.qos ?? 0 };
    // A client may be silent for one and a half times what it promised (MQTT 3.1.1 section 3.1.2.10).
    this.#socket.setTimeout(keepalive * 1500);
    this.#connected = true;
    const name = clientId || `gmq-${randomUUID()}`;
    this.#send({
      cmd: 'connack',
      sessionPresent: false,
      returnCode: 0,
      reasonCode: reasons.success,
      properties: {
        sessionExpiryInterval: 0,
        receiveMaximum: mostInFlight,
        maximumPacketSize: this.#parts.packetBytes,
        retainAvailable: false,
        wildcardSubscriptionAvailable: false,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: false,
        ...(clientId ? {} : { assignedClientIdentifier: name }),
      },
    });
    this.#parts.named(name, this);
  }

  #refuse(returnCode: number, reasonCode: number, complaint: string): void {
    this.#parts.complain(complaint);
    this.#send({ cmd: 'connack', sessionPresent: false, returnCode, reasonCode });
    this.#socket.end();
  }

  #publish({ topic, payload, qos, messageId = 0 }: IPublishPacket): void {
    if (topic === '') {
      this.#giveUp(reasons.protocolError, 'publishes without a topic');
      return;
    }
    if (qos === 2 && this.#acknowledgements.repeats(messageId)) return;
    const message = { topic, payload: bytesOf(payload), qos };
    this.#acknowledgements.await(qos, messageId, this.#parts.publish(message, this.#caller));
  }

  #giveUp(reason: number, complaint: string | undefined): void {
    if (this.#ended) return;
    if (complaint !== undefined) this.#parts.complain(complaint);
    this.close(reason);
  }

  #send(packet: Packet): void {
    if (this.#closing) return;
    this.#socket.write(encodePacket(packet, this.#version));
    if (this.#socket.writableLength > mostUnread) this.#socket.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#account(0);
    this.#parts.ended(this);
    if (this.#will) void this.#parts.publish(this.#will, this.#caller);
  }
}

/** The types of the decoder leave open what it never gives: a text. */
function bytesOf(payload: Buffer | string): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}
