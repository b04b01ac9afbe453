/** What a client sends is no MQTT, or more than is taken. */
export class FrameError extends Error {
  readonly code: 'MALFORMED' | 'TOO_LARGE';

  constructor(code: FrameError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Cuts a stream into MQTT control packets (fixed header, remaining length, MQTT 3.1.1 section 2.2), so that the length
 * of a packet is judged before anything of it is kept: a header of five bytes may announce 256 MiB.
 */
export class Frames {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #held = 0;

  /** `limit`: largest packet, fixed header included. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes of a packet that is not complete yet. */
  get held(): number {
    return this.#held;
  }

  /** Takes bytes and yields the packets that are complete with them. Throws FrameError. */
  *take(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#held < length) return;
      const all = this.#joined();
      this.#chunks = all.length > length ? [all.subarray(length)] : [];
      this.#held -= length;
      yield all.subarray(0, length);
    }
  }

  /** Length of the packet at the front, fixed header included; undefined while its header is not whole. */
  #nextLength(): number | undefined {
    let head = this.#chunks[0];
    if (!head) return undefined;
    if (head.length < 5 && this.#chunks.length > 1) head = this.#joined();
    let length = 0;
    for (let index = 1; index <= 4; index++) {
      const byte = head[index];
      if (byte === undefined) return undefined;
      length += (byte & 127) * 128 ** (index - 1);
      if (byte < 128) {
        const whole = 1 + index + length;
        if (whole > this.#limit) {
          throw new FrameError('TOO_LARGE', `a packet of ${whole} bytes, of which ${this.#limit} are taken`);
        }
        return whole;
      }
    }
    throw new FrameError('MALFORMED', 'a packet without a length');
  }

  #joined(): Buffer {
    const all = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
