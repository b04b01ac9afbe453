import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to one request on its way through the front. The platform has seen it in those marked with a star. */
export type Mood =
  | 'well'
  /** Answers this status itself. */
  | 500
  | 429
  | 503
  /** The connection ends before the request is passed on. */
  | 'cut before'
  /** * The connection ends when the platform has answered, before the first byte of its answer. */
  | 'cut after'
  /** * The connection ends in the middle of the status line. */
  | 'half status line'
  /** * The connection ends in the middle of the headers. */
  | 'half headers'
  /** * A 502 of the front's own, after the platform has done its work. */
  | 'lost answer'
  /** * The answer comes in pieces with pauses between them. */
  | 'slow'
  /** Nothing is ever answered. */
  | 'silence';

const connectionHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/**
 * What stands between a gateway and its platform: a proxy that passes requests on, and is told for each how to
 * mishandle it. Real sockets; the platform behind it is a real one.
 */
export class MisbehavingFront implements AsyncDisposable {
  /** Asked for each request. */
  mood: () => Mood = () => 'well';
  readonly counts = new Map<Mood, number>();
  readonly #platform: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #server = createServer((incoming, response) => void this.#handle(incoming, response));
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(platform: string) {
    this.#platform = new URL(platform);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // A queue that is killed resets its connections.
      socket.on('error', () => socket.destroy());
    });
  }

  static async start(platform: string): Promise<MisbehavingFront> {
    const front = new MisbehavingFront(platform);
    await front.open();
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens again, on the port it had. */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections, and ends those that are open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.close();
    this.#agent.destroy();
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const mood = this.mood();
    this.counts.set(mood, (this.counts.get(mood) ?? 0) + 1);
    try {
      const body = await bodyOf(incoming);
      if (mood === 'silence') return;
      if (mood === 'cut before') return void incoming.socket.destroy();
      if (typeof mood === 'number') return void response.writeHead(mood, { 'Content-Length': 0 }).end();
      const answer = await this.#pass(incoming, body);
      await this.#answer(mood, incoming.socket, response, answer);
    } catch {
      // The queue or the platform went away in the middle: so does this connection.
      incoming.socket.destroy();
    }
  }

  async #answer(mood: Mood, socket: Socket, response: ServerResponse, answer: Passed): Promise<void> {
    const head = `HTTP/1.1 ${answer.status} ${answer.reason}\r\nContent-Length: ${answer.body.length}\r\n`;
    switch (mood) {
      case 'cut after':
        return void socket.destroy();
      case 'half status line':
        return void socket.end(head.slice(0, 11));
      case 'half headers':
        return void socket.end(head.slice(0, -6));
      case 'lost answer':
        return void response.writeHead(502, { 'Content-Length': 0 }).end();
      case 'slow': {
        await sleep(300);
        const whole = Buffer.concat([Buffer.from(`${head}Connection: close\r\n\r\n`), answer.body]);
        for (const part of [whole.subarray(0, 9), whole.subarray(9, 30), whole.subarray(30)]) {
          socket.write(part);
          await sleep(200);
        }
        return void socket.end();
      }
      default:
        response.writeHead(answer.status, answer.reason, answer.headers).end(answer.body);
    }
  }

  #pass(incoming: IncomingMessage, body: Buffer): Promise<Passed> {
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: this.#platform.hostname,
          port: this.#platform.port,
          method: incoming.method,
          path: incoming.url,
          headers: withoutConnection(incoming.rawHeaders),
          agent: this.#agent,
        },
        (answer) => {
          bodyOf(answer).then(
            (text) =>
              resolve({
                status: answer.statusCode ?? 0,
                reason: answer.statusMessage ?? '',
                headers: withoutConnection(answer.rawHeaders),
                body: text,
              }),
            reject,
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }
}

interface Passed {
  readonly status: number;
  readonly reason: string;
  readonly headers: string[];
  readonly body: Buffer;
}

function withoutConnection(raw: readonly string[]): string[] {
  return raw.filter((_, index) => !connectionHeaders.has((raw[index - (index % 2)] ?? '').toLowerCase()));
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
