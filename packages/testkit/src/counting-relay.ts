import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes TCP connections on to a port of this machine and counts their bytes: what a meter on the line would show. */
export class CountingRelay implements AsyncDisposable {
  /** Towards the port behind it. */
  sent = 0;
  received = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(targetPort: number) {
    this.#server = createServer((near) => {
      const far = connect(targetPort, '127.0.0.1');
      near.on('data', (chunk) => {
        this.sent += chunk.length;
      });
      far.on('data', (chunk) => {
        this.received += chunk.length;
      });
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('close', () => this.#sockets.delete(from));
        // Either side may reset the connection; the other learns of it.
        from.on('error', () => to.destroy());
        from.setNoDelay(true);
        from.pipe(to);
      }
    });
  }

  static async start(targetPort: number): Promise<CountingRelay> {
    const relay = new CountingRelay(targetPort);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Both ways. */
  get bytes(): number {
    return this.sent + this.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
