import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameError, Frames } from '../../src/mqtt/frames.ts';

/** A packet whose remaining length is written in one to four bytes. */
function packet(payload: Uint8Array): Buffer {
  const head = [0x30];
  let rest = payload.length;
  do {
    head.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from(head), payload]);
}

it('packets come out whole, however the stream is cut', () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 5 }),
    fc.uint8Array({ minLength: 120, maxLength: 300 }),
  );
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 8 }), fc.array(fc.nat({ max: 50 })), (payloads, cuts) => {
      const packets = payloads.map(packet);
      let stream = Buffer.concat(packets);
      const frames = new Frames(1000);
      const found: Buffer[] = [];
      for (const cut of [...cuts, stream.length]) {
        found.push(...frames.take(stream.subarray(0, cut)));
        stream = stream.subarray(cut);
      }
      expect(found).toEqual(packets);
      expect(frames.held).toBe(0);
    }),
  );
});

it('a packet that announces more than is taken is refused at its header', () => {
  const frames = new Frames(100);
  expect([...frames.take(packet(new Uint8Array(98)))]).toHaveLength(1);
  for (const head of [
    [0x30, 99],
    [0x30, 0xff, 0xff, 0xff, 0x7f],
  ]) {
    expect(() => [...new Frames(100).take(Buffer.from(head))]).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  }
});

it('a length of more than four bytes is malformed', () => {
  expect(() => [...new Frames(100).take(Buffer.from([0x30, 255, 255, 255, 255, 1]))]).toThrow(FrameError);
});
