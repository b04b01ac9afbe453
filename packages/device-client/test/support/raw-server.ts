import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface ReceivedRequest {
  /** Request line and headers. */
  readonly head: string;
  readonly body: string;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
}

/** Answers one request by writing to the socket whatever a test wants, or nothing. */
export type RawAnswer = (socket: Socket, request: ReceivedRequest) => void | Promise<void>;

/**
 * A server that speaks HTTP only as far as the test tells it to: the first request gets the first answer, and so on;
 * the last answer serves all further requests.
 */
export class RawServer implements AsyncDisposable {
  readonly requests: ReceivedRequest[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly #answers: RawAnswer[];
  readonly #server: Server;
  readonly #scheme: string;

  private constructor(answers: RawAnswer[], tls: TlsOptions | undefined) {
    this.#answers = answers;
    this.#scheme = tls ? 'https' : 'http';
    const accept = (socket: Socket) => this.#serve(socket);
    this.#server = tls ? createTlsServer(tls, accept) : createServer(accept);
  }

  static async start(answers: RawAnswer | RawAnswer[], tls?: TlsOptions): Promise<RawServer> {
    const server = new RawServer(Array.isArray(answers) ? answers : [answers], tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.connections++;
    const connection = this.connections;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // Clients that hang up are part of these tests.
    socket.on('error', () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const end = received.indexOf('\r\n\r\n');
        if (end === -1) return;
        const head = received.subarray(0, end).toString('latin1');
        const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        const body = received.subarray(end + 4, end + 4 + length).toString('utf8');
        received = received.subarray(end + 4 + length);
        const request = { head, body, connection };
        const answer = this.#answers[Math.min(this.requests.length, this.#answers.length - 1)];
        this.requests.push(request);
        void answer?.(socket, request);
      }
    });
  }
}

export const date = 'Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n';
/** The same in seconds. */
export const dateSeconds = Date.UTC(2026, 0, 1) / 1000;

/** Writes a well-formed answer. */
export function answer(status: string, body = '', extra = ''): RawAnswer {
  return raw(
    `HTTP/1.1 ${status}\r\n${date}${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Writes exactly this. */
export function raw(text: string): RawAnswer {
  return (socket) => {
    socket.write(text);
  };
}

/** Writes exactly this and hangs up. */
export function rawThenCut(text: string): RawAnswer {
  return (socket) => {
    socket.write(text, () => socket.destroy());
  };
}

export const silence: RawAnswer = () => undefined;
