import { createServer, type Server as TcpServer } from 'node:net';
import { AnswerWriter } from './answer.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { HeadMemory } from './head-memory.ts';

const mostConnections = 512;
const tickMs = 10_000;
const patienceMs = 1000;

/**
 * HTTP for programs on the same machine, on bare sockets: `node:http` takes more time for a request than storing it does
 * (docs/adr/0021).
 */
export class HttpServer {
  /** Connections wait in the kernel until `serve` is called. */
  readonly tcp: TcpServer;
  readonly #connections = new Set<Connection>();
  #ticking: NodeJS.Timeout | undefined;

  constructor() {
    // A program that says that it sends nothing more still wants its answer.
    this.tcp = createServer({ allowHalfOpen: true });
  }

  /** Answers requests from now on. To be called in the same turn of the event loop in which `tcp` listens. */
  serve(
    parts: Omit<ConnectionParts, 'writer' | 'heads'> & {
      readonly now: () => number;
      readonly dropped: () => void;
    },
  ): void {
    const connectionParts = { ...parts, writer: new AnswerWriter(parts.now), heads: new HeadMemory() };
    this.tcp.on('connection', (socket) => {
      if (this.#connections.size >= mostConnections) {
        socket.destroy();
        parts.dropped();
        return;
      }
      const connection = new Connection(socket, connectionParts);
      this.#connections.add(connection);
      this.#ticking ??= setInterval(() => this.#tick(), tickMs).unref();
      socket.on('close', () => this.#forget(connection));
    });
  }

  /** Stops listening and waits for the requests that are being answered, a second at most. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.tcp.close(() => resolve()));
    for (const connection of this.#connections) connection.end();
    const late = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, patienceMs);
    await closed;
    clearTimeout(late);
  }

  #tick(): void {
    for (const connection of this.#connections) connection.tick();
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }
}
