import { type Head, parseHead } from './head.ts';

const mostHeads = 256;
const longestHead = 1024;

/** Remembers heads, since programs send the same few again and again, and to read one takes longer than to store a point. */
export class HeadMemory {
  readonly #heads = new Map<string, Head>();

  /** The same as `parseHead`, and the same object for the same text. */
  parse(text: string): Head | 400 | 501 {
    const known = this.#heads.get(text);
    if (known) return known;
    const head = parseHead(text);
    if (typeof head === 'number' || text.length > longestHead) return head;
    // All of them rather than the oldest: those in use are back at once.
    if (this.#heads.size >= mostHeads) this.#heads.clear();
    this.#heads.set(text, head);
    return head;
  }
}
