const newline = 10;

/** Bytes to lines; a line that is longer than the bound is given in pieces. */
export class LineReader {
  readonly #longest: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(longest = 64 * 1024) {
    this.#longest = longest;
  }

  add(bytes: Uint8Array): string[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = all.indexOf(newline, from);
      const whole = end !== -1 && end - from <= this.#longest;
      if (!whole && all.length - from <= this.#longest) break;
      const to = whole ? end : from + this.#longest;
      lines.push(asText(all.subarray(from, to)));
      from = whole ? to + 1 : to;
    }
    this.#rest = Buffer.from(all.subarray(from));
    return lines;
  }

  /** What has come of a line that is not complete. */
  rest(): string[] {
    if (this.#rest.length === 0) return [];
    const line = asText(this.#rest);
    this.#rest = Buffer.alloc(0);
    return [line];
  }
}

function asText(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/\r$/, '');
}
