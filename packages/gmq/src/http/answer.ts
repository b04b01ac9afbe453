import { STATUS_CODES } from 'node:http';

export interface Answer {
  readonly status: number;
  /** Text of the body, ASCII. */
  readonly body?: string;
  readonly contentType?: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** Answers as hand-written clients need them, all in one write. */
export class AnswerWriter {
  readonly #now: () => number;
  #second = Number.NaN;
  #date = '';
  /** The last one that may come again as it is. */
  #usual: { readonly answer: Answer; readonly bytes: Buffer } | undefined;

  /** `now`: wall time, milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * `Content-Length: N` in this spelling on every one, `Date`, nothing else, `Connection` only when it closes.
   * `bodiless`: the answer to HEAD, which says how long its body would be.
   */
  write(answer: Answer, { closes, bodiless }: { closes: boolean; bodiless: boolean }): Buffer {
    this.#lookAtClock();
    if (closes || bodiless) return this.#bytes(answer, closes, bodiless);
    if (this.#usual?.answer !== answer) this.#usual = { answer, bytes: this.#bytes(answer, false, false) };
    return this.#usual.bytes;
  }

  #bytes(answer: Answer, closes: boolean, bodiless: boolean): Buffer {
    const { status, body = '', contentType, retryAfter } = answer;
    const connection = closes ? 'Connection: close\r\n' : '';
    const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
    const retry = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${connection}Content-Length: ${body.length}\r\n${type}${retry}`;
    return Buffer.from(`${head}Date: ${this.#date}\r\n\r\n${bodiless ? '' : body}`, 'latin1');
  }

  #lookAtClock(): void {
    const second = Math.floor(this.#now() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#date = new Date(second * 1000).toUTCString();
    this.#usual = undefined;
  }
}

export function jsonAnswer(value: unknown): Answer {
  const text = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { status: 200, body: `${text}\n`, contentType: 'application/json' };
}

/** Seconds after which a program may try again what could not be stored. */
const retryAfter = 5;

/**
 * The answer to a request that is not taken: the status line as its body, which clients compare, or the reason where
 * there are no such clients.
 */
export function errorAnswer(status: number, reason?: string): Answer {
  return {
    status,
    body: `${reason === undefined ? `HTTP/1.1 ${status} ${STATUS_CODES[status]}` : ascii(reason)}\r\n`,
    contentType: 'text/plain',
    ...(status === 503 ? { retryAfter } : {}),
  };
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
