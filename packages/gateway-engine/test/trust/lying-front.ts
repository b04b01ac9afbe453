import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const folder = '/gateway-engine/v1/tuf/';

/** What the front answers in place of the platform: other bytes, nothing at all, or an answer that is not one. */
export type Lie = Buffer | 'none' | 'endless' | 'trickle' | 'cut';

/** Stands between a gateway and its platform, as somebody who has the line, and tampers with the metadata on it. */
export class LyingFront implements AsyncDisposable {
  /** By file name. */
  readonly lies = new Map<string, Lie>();
  /** Names of the metadata files that were asked for. */
  readonly asked: string[] = [];
  /** Bytes of endless answers that were handed to the line. */
  endlessBytes = 0;
  readonly #server: Server;

  private constructor(target: () => string) {
    this.#server = createServer((request, response) => {
      this.#answer(target(), request, response).catch((error: Error) => response.destroy(error));
    });
  }

  static async start(target: () => string): Promise<LyingFront> {
    const front = new LyingFront(target);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(target: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const file = path.startsWith(folder) ? path.slice(folder.length) : undefined;
    if (file !== undefined) this.asked.push(file);
    const lie = file === undefined ? undefined : this.lies.get(file);
    if (lie !== undefined) return await this.#lie(lie, response);
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('x-'));
    const truth = await fetch(target + path, {
      headers: headers.map(([name, value]) => [name, String(value)]),
    });
    const body = Buffer.from(await truth.arrayBuffer());
    response.writeHead(truth.status, { 'Content-Length': body.length }).end(body);
  }

  async #lie(lie: Lie, response: ServerResponse): Promise<void> {
    if (lie === 'none') return void response.writeHead(404, { 'Content-Length': 0 }).end();
    if (Buffer.isBuffer(lie)) {
      return void response.writeHead(200, { 'Content-Length': lie.length }).end(lie);
    }
    response.writeHead(200, lie === 'endless' ? {} : { 'Content-Length': 500 });
    if (lie === 'cut') {
      response.write('{', () => response.destroy());
      return;
    }
    const piece = lie === 'endless' ? 'x'.repeat(16 * 1024) : '{';
    while (!response.destroyed) {
      this.endlessBytes += piece.length;
      response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, lie === 'endless' ? 0 : 20));
    }
  }
}
