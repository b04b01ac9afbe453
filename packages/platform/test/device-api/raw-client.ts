import { connect, type Socket } from 'node:net';
import { waitUntil } from '@gateway-engine/testkit';

/** One response as it came over the wire. */
export interface RawResponse {
  readonly statusLine: string;
  readonly status: number;
  /** Header lines as they were sent, in their spelling. */
  readonly headerLines: readonly string[];
  readonly body: string;
  /** All of it, status line to last body byte. */
  readonly bytes: Buffer;
}

/** A socket that sends bytes as they are given and takes the stream of answers apart, as a tiny client would. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  /** The pieces in which the bytes arrived. */
  readonly segments: Buffer[] = [];
  ended = false;
  #received: Buffer = Buffer.alloc(0);
  /** Arrived and not joined to `#received` yet: a long answer is joined when all of it is there, not at each piece. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #wanted = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.segments.push(chunk);
      this.#pieces.push(chunk);
      this.#pieceBytes += chunk.length;
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.ended = true;
    });
    // A reset is an end, too: tests look at what had arrived before.
    socket.on('error', () => {
      this.ended = true;
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    const client = new RawClient(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    return client;
  }

  /** Lines are joined and ended by CRLF; an empty line and the body follow. */
  send(lines: readonly string[], body: string | Buffer = ''): this {
    this.socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)]));
    return this;
  }

  /** A request in the usual dress. */
  request(method: string, target: string, headers: Record<string, string> = {}, body?: string): this {
    const lines = [`${method} ${target} HTTP/1.1`, 'Host: m2.exosite.com'];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    if (body !== undefined) {
      lines.push('Content-Type: application/x-www-form-urlencoded; charset=utf-8');
      lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    }
    return this.send(lines, body);
  }

  /** The next whole response; `undefined` when the connection ended without one. */
  async response(): Promise<RawResponse | undefined> {
    const taken = await waitUntil('a response', () => this.#take() ?? (this.ended ? 'ended' : undefined), {
      everyMs: 1,
    });
    return taken === 'ended' ? this.#take() : taken;
  }

  async answerTo(
    method: string,
    target: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<RawResponse> {
    const response = await this.request(method, target, headers, body).response();
    if (!response) throw new Error(`no answer to ${method} ${target}`);
    return response;
  }

  /** Bytes that arrived and belong to no response taken so far. */
  get rest(): string {
    this.#join();
    return this.#received.toString('latin1');
  }

  async end(): Promise<void> {
    await waitUntil('the end of the connection', () => this.ended);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #join(): void {
    this.#received = Buffer.concat([this.#received, ...this.#pieces]);
    this.#pieces = [];
    this.#pieceBytes = 0;
  }

  #take(): RawResponse | undefined {
    if (this.#pieceBytes > 0 && this.#received.length + this.#pieceBytes >= this.#wanted) this.#join();
    const head = this.#received.indexOf('\r\n\r\n');
    if (head === -1) return undefined;
    const [statusLine = '', ...headerLines] = this.#received
      .subarray(0, head)
      .toString('latin1')
      .split('\r\n');
    // Searched for as the C library does: this spelling or none.
    const length = headerLines.find((line) => line.startsWith('Content-Length: '))?.slice(16) ?? '0';
    const end = head + 4 + Number(length);
    this.#wanted = end;
    if (this.#received.length < end) return undefined;
    this.#wanted = 0;
    const bytes = this.#received.subarray(0, end);
    this.#received = this.#received.subarray(end);
    const status = Number(statusLine.split(' ')[1]);
    return { statusLine, status, headerLines, body: bytes.subarray(head + 4).toString('utf8'), bytes };
  }
}
