import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet';

export type Version = NonNullable<IConnectPacket['protocolVersion']>;

/** Reasons as MQTT 5 tells them (section 2.4). */
export const reasons = {
  success: 0x00,
  malformed: 0x81,
  protocolError: 0x82,
  notAuthorized: 0x87,
  clientIdInvalid: 0x85,
  badUserName: 0x86,
  shuttingDown: 0x8b,
  keepAliveTimeout: 0x8d,
  takenOver: 0x8e,
  topicNameInvalid: 0x90,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  payloadFormatInvalid: 0x99,
} as const;

/** A packet as bytes, in the form of a version of the protocol. */
export function encodePacket(packet: Packet, version: Version): Buffer {
  return mqttPacket.generate(packet, { protocolVersion: version });
}

/** Reads the packets of one connection, in the version that its first packet names. */
export class PacketReader {
  readonly #parser = mqttPacket.parser();
  #read: Packet | undefined;
  #failure: Error | undefined;

  constructor() {
    this.#parser.on('packet', (packet) => {
      this.#read = packet;
    });
    this.#parser.on('error', (error: Error) => {
      this.#failure = error;
    });
  }

  /** `bytes`: exactly one packet, as `Frames` cuts it. Undefined when it is malformed. */
  read(bytes: Buffer): Packet | undefined {
    this.#read = undefined;
    this.#failure = undefined;
    try {
      this.#parser.parse(bytes);
    } catch (error) {
      // It reads beyond the end of some that are cut short.
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      return undefined;
    }
    return this.#failure ? undefined : this.#read;
  }
}
