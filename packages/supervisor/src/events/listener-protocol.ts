/** Where a listener stands in the event listener protocol; UNKNOWN: it broke the protocol and gets no more events. */
export type ListenerState = 'ACKNOWLEDGED' | 'READY' | 'BUSY' | 'UNKNOWN';

/** What the output of a listener comes to. */
export type ListenerStep =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly accepted: boolean }
  | { readonly kind: 'violation'; readonly problem: string };

const readyToken = Buffer.from('READY\n');
/** Longer lines and results than these are no answers to an event. */
const longestLine = 1024;
const longestResult = 1024 * 1024;

/**
 * The protocol of one listener process, from its start on: it writes `READY\n`, is sent one event, writes
 * `RESULT 2\nOK` (anything but OK gives the event back), and begins anew.
 *
 * Only `#change` changes the state. Decides and does nothing else.
 */
export class ListenerProtocol {
  #state: ListenerState = 'ACKNOWLEDGED';
  #unread: Buffer = Buffer.alloc(0);
  /** Length of the result that is under way. */
  #resultLength: number | undefined;

  get state(): ListenerState {
    return this.#state;
  }

  /** An event was sent. Must be READY. */
  sent(): void {
    if (this.#state !== 'READY') throw new Error(`an event was sent to a listener that is ${this.#state}`);
    this.#change('BUSY'); // READY -> BUSY
  }

  take(chunk: Uint8Array): ListenerStep[] {
    if (this.#state === 'UNKNOWN') return [];
    this.#unread = Buffer.concat([this.#unread, chunk]);
    const steps: ListenerStep[] = [];
    for (let step = this.#next(); step !== undefined; step = this.#next()) {
      steps.push(step);
      // What comes after a violation means nothing.
      if (step.kind === 'violation') this.#unread = Buffer.alloc(0);
    }
    return steps;
  }

  #next(): ListenerStep | undefined {
    switch (this.#state) {
      case 'ACKNOWLEDGED':
        return this.#nextReady();
      case 'READY':
        return this.#unread.length === 0 ? undefined : this.#violation('output without an event');
      case 'BUSY':
        return this.#resultLength === undefined ? this.#nextResultLine() : this.#nextResult();
      default:
        return undefined;
    }
  }

  #nextReady(): ListenerStep | undefined {
    if (this.#unread.length < readyToken.length) return undefined;
    if (!this.#unread.subarray(0, readyToken.length).equals(readyToken))
      return this.#violation(`expected READY, got ${excerpt(this.#unread)}`);
    this.#unread = this.#unread.subarray(readyToken.length);
    this.#change('READY'); // ACKNOWLEDGED -> READY
    return { kind: 'ready' };
  }

  #nextResultLine(): ListenerStep | undefined {
    const end = this.#unread.indexOf('\n');
    if (end === -1 && this.#unread.length <= longestLine) return undefined;
    const line = this.#unread.subarray(0, end === -1 ? longestLine : end).toString('latin1');
    const length = Number(/^RESULT +(\d{1,9}) *$/.exec(line)?.[1] ?? Number.NaN);
    if (end === -1 || Number.isNaN(length))
      return this.#violation(`bad result line: '${excerpt(this.#unread)}'`);
    if (length > longestResult)
      return this.#violation(`a result of ${length} bytes, more than ${longestResult}`);
    this.#unread = this.#unread.subarray(end + 1);
    this.#resultLength = length;
    return this.#nextResult();
  }

  #nextResult(): ListenerStep | undefined {
    const length = this.#resultLength ?? 0;
    if (this.#unread.length < length) return undefined;
    const accepted = this.#unread.subarray(0, length).toString('latin1') === 'OK';
    this.#unread = this.#unread.subarray(length);
    this.#resultLength = undefined;
    this.#change('ACKNOWLEDGED'); // BUSY -> ACKNOWLEDGED
    return { kind: 'result', accepted };
  }

  #violation(problem: string): ListenerStep {
    this.#change('UNKNOWN'); // ACKNOWLEDGED, READY, BUSY -> UNKNOWN
    return { kind: 'violation', problem };
  }

  #change(next: ListenerState): void {
    this.#state = next;
  }
}

function excerpt(bytes: Buffer): string {
  return bytes
    .subarray(0, 40)
    .toString('latin1')
    .replace(/[^ -~]+/g, ' ')
    .trim();
}
