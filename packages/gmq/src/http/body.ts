import { limits } from '@gateway-engine/device-api';
import type { BodyBudget } from './body-budget.ts';
import { Chunks } from './chunks.ts';
import type { Head } from './head.ts';

/** Why a body is not taken. */
export type BodyRefusal = 'malformed' | 'too large' | 'no memory';

/**
 * The body of one request as it comes in. One that there is no memory for is read to its end all the same, so that the
 * next request can be told from it, but not kept.
 */
export class Body {
  readonly #budget: BodyBudget;
  readonly #chunks: Chunks | undefined;
  #left: number;
  #pieces: Buffer[] = [];
  #length = 0;
  #refusal: BodyRefusal | undefined;

  constructor(framing: Head['framing'], budget: BodyBudget) {
    this.#budget = budget;
    this.#chunks = framing === 'chunked' ? new Chunks() : undefined;
    this.#left = framing === 'chunked' ? 0 : framing;
    if (this.#left > limits.dataBodyBytes) this.#refusal = 'too large';
  }

  get complete(): boolean {
    return this.#chunks?.complete ?? this.#left === 0;
  }

  get refusal(): BodyRefusal | undefined {
    return this.#refusal;
  }

  /** Takes the bytes that belong to it, and returns how many these are. */
  take(data: Buffer): number {
    if (this.#chunks) {
      const taken = this.#chunks.take(data, (piece) => this.#keep(piece));
      if (taken === undefined) this.#refuse('malformed');
      return taken ?? data.length;
    }
    const piece = data.length > this.#left ? data.subarray(0, this.#left) : data;
    this.#left -= piece.length;
    this.#keep(piece);
    return piece.length;
  }

  /** What has come, all in one; to be called once. */
  content(): Buffer {
    const [first] = this.#pieces;
    const whole = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces);
    this.release();
    return whole;
  }

  /** Gives back the memory of one that is no longer wanted. */
  release(): void {
    this.#pieces = [];
    this.#budget.giveBack(this.#length);
    this.#length = 0;
  }

  #keep(piece: Buffer): void {
    if (this.#refusal) return;
    if (this.#length + piece.length > limits.dataBodyBytes) {
      this.#refuse('too large');
      return;
    }
    if (!this.#budget.take(piece.length)) {
      this.#refuse('no memory');
      return;
    }
    this.#length += piece.length;
    this.#pieces.push(piece);
  }

  #refuse(why: BodyRefusal): void {
    this.#refusal = why;
    this.release();
  }
}
