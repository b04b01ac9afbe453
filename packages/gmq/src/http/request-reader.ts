import { Body } from './body.ts';
import type { BodyBudget } from './body-budget.ts';
import type { Head } from './head.ts';
import type { HeadMemory } from './head-memory.ts';

export interface Request {
  /** The same object for requests with the same head, as long as it is remembered. */
  readonly head: Head;
  /** Undefined: there is no memory for it now. */
  readonly body: Buffer | undefined;
}

/** What the bytes of a connection say next. After a refusal nothing follows: it is not known where a request begins. */
export type Said =
  | { readonly kind: 'request'; readonly request: Request }
  /** The body comes only after a 100. */
  | { readonly kind: 'waits' }
  | { readonly kind: 'refused'; readonly status: 400 | 413 | 431 | 501; readonly head: Head | undefined };

const headBytes = 16 * 1024;
const endOfHead = Buffer.from('\r\n\r\n');
const nothing = Buffer.alloc(0);
const [CR, LF, A, Z] = [13, 10, 65, 90];

/** Cuts the bytes of a connection into requests, however they are cut on their way. */
export class RequestReader {
  readonly #heads: HeadMemory;
  readonly #budget: BodyBudget;
  #unread: Buffer = nothing;
  #begun: { readonly head: Head; readonly body: Body } | undefined;

  constructor(heads: HeadMemory, budget: BodyBudget) {
    this.#heads = heads;
    this.#budget = budget;
  }

  /** Bytes that are not looked at yet. */
  get ahead(): number {
    return this.#unread.length;
  }

  /** Whether a request has begun and is not complete. */
  get within(): boolean {
    return this.#begun !== undefined || this.#unread.length > 0;
  }

  add(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
  }

  /** Undefined: more has to come. */
  next(): Said | undefined {
    const first = this.#begun ? undefined : this.#begin();
    if (first || !this.#begun) return first;
    const { head, body } = this.#begun;
    this.#drop(body.take(this.#unread));
    const { refusal } = body;
    if (refusal === 'malformed') return refused(400, head);
    if (refusal === 'too large') return refused(413, head);
    if (!body.complete) return undefined;
    this.#begun = undefined;
    return { kind: 'request', request: { head, body: refusal ? undefined : body.content() } };
  }

  /** Gives back the memory of a request that will not be completed. */
  release(): void {
    this.#begun?.body.release();
    this.#begun = undefined;
    this.#unread = nothing;
  }

  #begin(): Said | undefined {
    // Empty lines between requests are an old habit of programs (RFC 9112, 2.2).
    let empty = 0;
    while (this.#unread[empty] === CR || this.#unread[empty] === LF) empty++;
    if (empty > 0) this.#drop(empty);
    const [first] = this.#unread;
    if (first === undefined) return undefined;
    if (first < A || first > Z) return refused(400);
    const end = this.#unread.indexOf(endOfHead);
    if ((end === -1 ? this.#unread.length : end) > headBytes) return refused(431);
    if (end === -1) return undefined;
    const head = this.#heads.parse(this.#unread.toString('latin1', 0, end));
    if (typeof head === 'number') return refused(head);
    const start = end + endOfHead.length;
    const { framing } = head;
    if (!head.expectsContinue && framing !== 'chunked' && framing <= this.#unread.length - start) {
      // The usual case: all of it is here.
      const body = this.#unread.subarray(start, start + framing);
      this.#drop(start + framing);
      return { kind: 'request', request: { head, body } };
    }
    this.#drop(start);
    const body = new Body(framing, this.#budget);
    this.#begun = { head, body };
    return head.expectsContinue && !body.refusal ? { kind: 'waits' } : undefined;
  }

  #drop(bytes: number): void {
    this.#unread = bytes === this.#unread.length ? nothing : this.#unread.subarray(bytes);
  }
}

function refused(status: 400 | 413 | 431 | 501, head?: Head): Said {
  return { kind: 'refused', status, head };
}
