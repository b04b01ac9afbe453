const begin = [0x1b, 0x5b];
/** What ends an escape sequence, as Supervisor has it. */
const terminators = new Set([...'HfABCDRsuJKhlpm'].map((letter) => letter.charCodeAt(0)));

/**
 * Takes the escape sequences of terminals (colours, cursor movements) out of a stream, also those that lie across
 * two chunks.
 */
export class AnsiStripper {
  /** How many bytes of the beginning of a sequence stand at the end of the last chunk; 2: within one. */
  #matched = 0;

  strip(chunk: Uint8Array): Uint8Array {
    const kept = new Uint8Array(chunk.length + 1);
    let length = 0;
    for (const byte of chunk) {
      if (this.#matched === 2) {
        if (terminators.has(byte)) this.#matched = 0;
      } else if (byte === begin[this.#matched]) {
        this.#matched += 1;
      } else {
        if (this.#matched === 1) kept[length++] = begin[0] as number;
        this.#matched = byte === begin[0] ? 1 : 0;
        if (this.#matched === 0) kept[length++] = byte;
      }
    }
    return kept.subarray(0, length);
  }
}
