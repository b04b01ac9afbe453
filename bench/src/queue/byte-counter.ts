import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** Passes TCP connections on to a port and counts their bytes both ways: what a meter on the line would show. */
export class ByteCounter implements AsyncDisposable {
  /** Towards the port behind it. */
  up = 0;
  down = 0;
  connections = 0;
  readonly #target: number;
  readonly #server = createServer((socket) => this.#pass(socket));
  readonly #open = new Set<Socket>();

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(target: number): Promise<ByteCounter> {
    const counter = new ByteCounter(target);
    await new Promise<void>((resolve) => counter.#server.listen(0, '127.0.0.1', resolve));
    return counter;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get bytes(): number {
    return this.up + this.down;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #pass(client: Socket): void {
    this.connections++;
    const target = connect(this.#target, '127.0.0.1');
    client.on('data', (chunk) => {
      this.up += chunk.length;
    });
    target.on('data', (chunk) => {
      this.down += chunk.length;
    });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.pipe(other);
      // Either side may reset the connection; the other learns of it.
      socket.on('error', () => other.destroy());
      socket.on('close', () => this.#open.delete(socket));
    }
  }
}
