import { connect, createServer, type Server, type Socket } from 'node:net';

/** A slow link to a port of this machine that is cut, all connections at once, again and again. */
export class CuttingLink implements AsyncDisposable {
  /** What the far side has given and this side was sent, bytes. */
  delivered = 0;
  cuts = 0;
  /** Where each request for a part of something began, bytes, in order. */
  readonly ranges: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;

  private constructor(targetPort: number, bytesPerSecond: number, cutEveryMs: number) {
    this.#server = createServer((near) => {
      const far = connect(targetPort, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('close', () => this.#sockets.delete(from));
        from.on('error', () => to.destroy());
        from.on('end', () => to.end());
      }
      near.on('data', (chunk) => {
        for (const [, from] of chunk.toString('latin1').matchAll(/^range: *bytes=(\d+)-/gim)) {
          this.ranges.push(Number(from));
        }
        far.write(chunk);
      });
      far.on('data', (chunk) => {
        this.delivered += chunk.length;
        near.write(chunk);
        far.pause();
        setTimeout(() => far.resume(), (chunk.length / bytesPerSecond) * 1000);
      });
    });
    this.#timer = setInterval(() => {
      if (this.#sockets.size > 0) this.cuts++;
      for (const socket of this.#sockets) socket.resetAndDestroy();
    }, cutEveryMs);
  }

  static async start(
    targetPort: number,
    options: { bytesPerSecond: number; cutEveryMs: number },
  ): Promise<CuttingLink> {
    const link = new CuttingLink(targetPort, options.bytesPerSecond, options.cutEveryMs);
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
