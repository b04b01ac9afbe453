/** A line that is longer is given in parts. */
const longestLine = 8000;

/** Puts a stream of bytes together to lines of text. */
export class Lines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(bytes: Uint8Array): void {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#give(line);
    while (this.#rest.length > longestLine) {
      this.#onLine(this.#rest.slice(0, longestLine));
      this.#rest = this.#rest.slice(longestLine);
    }
  }

  /** What has come without a line break at its end is a line too. */
  end(): void {
    this.#rest += this.#decoder.decode();
    if (this.#rest !== '') this.#give(this.#rest);
    this.#rest = '';
  }

  #give(line: string): void {
    let rest = line;
    for (; rest.length > longestLine; rest = rest.slice(longestLine))
      this.#onLine(rest.slice(0, longestLine));
    this.#onLine(rest);
  }
}
