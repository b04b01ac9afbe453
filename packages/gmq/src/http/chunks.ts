/** Longest line with the size of a chunk, or of a trailer. */
const longestLine = 4096;
const mostTrailers = 64;

/**
 * Reads a body that comes in chunks (RFC 9112, 7.1), however it is cut on its way. Extensions and trailers are passed
 * over.
 */
export class Chunks {
  #state: 'size' | 'data' | 'end of data' | 'trailers' | 'complete' = 'size';
  /** Bytes of the present chunk that are still to come. */
  #left = 0;
  #line = '';
  #trailers = 0;

  get complete(): boolean {
    return this.#state === 'complete';
  }

  /** Gives pieces of the body to `keep`, and returns how many bytes belong to it; undefined: it is malformed. */
  take(data: Buffer, keep: (piece: Buffer) => void): number | undefined {
    let at = 0;
    while (at < data.length && this.#state !== 'complete') {
      if (this.#state === 'data') {
        const piece = data.subarray(at, at + this.#left);
        keep(piece);
        at += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = 'end of data';
        continue;
      }
      const end = data.indexOf(10, at);
      this.#line += data.toString('latin1', at, end === -1 ? data.length : end + 1);
      if (this.#line.length > longestLine) return undefined;
      if (end === -1) return data.length;
      at = end + 1;
      if (!this.#lineEnds()) return undefined;
      this.#line = '';
    }
    return at;
  }

  /** False: the line is not what it should be. */
  #lineEnds(): boolean {
    if (!this.#line.endsWith('\r\n')) return false;
    const line = this.#line.slice(0, -2);
    switch (this.#state) {
      case 'size': {
        const size = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
        if (size === undefined) return false;
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left > 0 ? 'data' : 'trailers';
        return true;
      }
      case 'end of data':
        this.#state = 'size';
        return line === '';
      default:
        if (line === '') this.#state = 'complete';
        return ++this.#trailers <= mostTrailers;
    }
  }
}
