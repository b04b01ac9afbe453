import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frames } from '../../src/mqtt/frames.ts';
import { encodePacket, PacketReader, type Version } from '../../src/mqtt/packets.ts';

const version = fc.constantFrom<Version>(3, 4, 5);

function connect(of: Version) {
  return encodePacket(
    {
      cmd: 'connect',
      clientId: 'c',
      clean: true,
      protocolVersion: of,
      protocolId: of === 3 ? 'MQIsdp' : 'MQTT',
    },
    of,
  );
}

describe('packets', () => {
  it('of every version are read as they were written', () => {
    const message = fc.record({
      topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      payload: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
      qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
      messageId: fc.integer({ min: 1, max: 65_535 }),
    });
    fc.assert(
      fc.property(version, message, (of, { topic, payload, qos, messageId }) => {
        const reader = new PacketReader();
        expect(reader.read(connect(of))).toMatchObject({ cmd: 'connect', protocolVersion: of });
        const bytes = encodePacket(
          {
            cmd: 'publish',
            topic,
            payload,
            qos,
            dup: false,
            retain: false,
            ...(qos > 0 ? { messageId } : {}),
          },
          of,
        );
        expect(reader.read(bytes)).toMatchObject({ cmd: 'publish', topic, payload, qos });
      }),
    );
  });

  it('of any bytes are read or found malformed, and the next one is read', () => {
    const bytes = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(version, fc.array(bytes, { maxLength: 6 }), (of, packets) => {
        const reader = new PacketReader();
        reader.read(connect(of));
        for (const [head, rest] of packets) {
          const packet = Buffer.from([head, rest.length, ...rest]);
          expect([...new Frames(1000).take(packet)]).toEqual([packet]);
          const read = reader.read(packet);
          expect(read === undefined || typeof read.cmd === 'string').toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
