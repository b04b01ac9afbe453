import { DeviceApiError, NetworkError } from '@gateway-engine/device-client';
import type { Downloads } from '../../src/ota/download.ts';

/** A content area of one file that cuts every answer after so many bytes, and counts what it sent. */
export class CuttingPlatform {
  sent = 0;
  requests = 0;
  /** Answers that nobody has read to their end, or left. */
  open = 0;
  questions = 0;
  refuseWith: Error | undefined;
  ranges = true;
  updated = 1;
  bytes: Buffer;
  /** What it says to have, as its answers to questions. */
  claimed: number | undefined;
  cutAfter: number;
  chunkBytes = 700;
  /** Called before each chunk. */
  beforeChunk: () => Promise<void> = async () => {};

  constructor(bytes: Buffer, cutAfter = Number.POSITIVE_INFINITY) {
    this.bytes = bytes;
    this.cutAfter = cutAfter;
  }

  readonly client: Downloads['client'] = {
    contentInfo: async () => {
      this.questions++;
      if (this.refuseWith) throw this.refuseWith;
      const size = this.claimed ?? this.bytes.length;
      return { contentType: '', size, updated: this.updated, meta: '' };
    },
    download: async (_, __, options) => {
      this.requests++;
      if (this.refuseWith) throw this.refuseWith;
      const from = this.ranges ? (options?.from ?? 0) : 0;
      if (from >= this.bytes.length) throw new DeviceApiError('status 416', 416);
      return {
        status: from > 0 ? 206 : 200,
        total: this.bytes.length,
        body: this.#counted(this.#body(from)),
      };
    },
  };

  #counted(body: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
    this.open++;
    const end = () => {
      this.open--;
    };
    const next = async () => {
      const result = await body.next().catch((error: unknown) => {
        end();
        throw error;
      });
      if (result.done) end();
      return result;
    };
    const leave = async () => {
      end();
      return await body.return(undefined);
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
  }

  async *#body(from: number): AsyncGenerator<Uint8Array> {
    let left = this.cutAfter;
    for (let at = from; at < this.bytes.length; ) {
      await this.beforeChunk();
      const chunk = this.bytes.subarray(at, at + Math.min(this.chunkBytes, left));
      if (chunk.length === 0) throw new NetworkError('cut');
      at += chunk.length;
      left -= chunk.length;
      this.sent += chunk.length;
      yield chunk;
    }
  }
}
