const beginMark = Buffer.from('<!--XSUPERVISOR:BEGIN-->');
const endMark = Buffer.from('<!--XSUPERVISOR:END-->');

/** A part of a program's output. */
export type CapturePart =
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  /** What stood between the two marks. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array };

/**
 * Divides a program's output into what is to be logged and the messages that stand between the marks of a
 * communication event. Of a message that is longer than `maxBytes` the end is kept.
 */
export class CaptureMarks {
  readonly #maxBytes: number;
  #capturing = false;
  /** The beginning of a mark, at the end of the last chunk. */
  #held: Uint8Array = new Uint8Array();
  #message: Uint8Array = new Uint8Array();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  take(chunk: Uint8Array): CapturePart[] {
    const parts: CapturePart[] = [];
    let rest = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    this.#held = new Uint8Array();
    for (;;) {
      const mark = this.#capturing ? endMark : beginMark;
      const at = rest.indexOf(mark);
      if (at === -1) {
        const held = beginningAtEnd(rest, mark);
        this.#held = rest.subarray(rest.length - held);
        this.#pass(rest.subarray(0, rest.length - held), parts);
        return parts;
      }
      this.#pass(rest.subarray(0, at), parts);
      if (this.#capturing) parts.push({ kind: 'message', bytes: this.#message });
      this.#message = new Uint8Array();
      this.#capturing = !this.#capturing;
      rest = rest.subarray(at + mark.length);
    }
  }

  /** The process has ended: what was held back is output after all, and a message without an end is none. */
  end(): CapturePart[] {
    const held = this.#held;
    const wasCapturing = this.#capturing;
    this.#held = new Uint8Array();
    this.#message = new Uint8Array();
    this.#capturing = false;
    return held.length === 0 || wasCapturing ? [] : [{ kind: 'output', bytes: held }];
  }

  #pass(bytes: Uint8Array, parts: CapturePart[]): void {
    if (bytes.length === 0) return;
    if (!this.#capturing) parts.push({ kind: 'output', bytes });
    else {
      const whole = Buffer.concat([this.#message, bytes]);
      this.#message = whole.subarray(Math.max(0, whole.length - this.#maxBytes));
    }
  }
}

/** How many bytes at the end of `bytes` are the beginning of `mark`. */
function beginningAtEnd(bytes: Buffer, mark: Buffer): number {
  for (let length = Math.min(bytes.length, mark.length - 1); length > 0; length--)
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length;
  return 0;
}
