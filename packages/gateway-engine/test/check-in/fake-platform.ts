import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeForm, encodeForm, normalisePath } from '@gateway-engine/device-api';

/** A request as the platform saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly cik: string | undefined;
  readonly userAgent: string | undefined;
  readonly written: ReadonlyMap<string, string>;
  readonly asked: readonly string[];
}

type Answer = (status: number, text?: string | Buffer, headers?: Record<string, string>) => undefined;

/** The device side of a platform, as far as the engine uses it, with faults to be set by the test. */
export class FakePlatform implements AsyncDisposable {
  /** The one key that is accepted; undefined accepts none. */
  cik: string | undefined = 'a'.repeat(40);
  /** What activation answers: a key or a status. */
  activation: string | number = 'a'.repeat(40);
  /** The status of everything else but activation, when it is to fail. */
  failWith: number | undefined;
  /** The status of long polls, when they are to fail. */
  failPollsWith: number | undefined;
  readonly values = new Map<string, string>();
  readonly content = new Map<string, Buffer>();
  readonly seen: SeenRequest[] = [];
  readonly #points: { alias: string; at: number; value: string }[] = [];
  readonly #polls = new Set<() => void>();
  readonly #server: Server;

  readonly #host: string;

  private constructor(host: string) {
    this.#host = host;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => response.destroy(error));
    });
  }

  static async start(host = '127.0.0.1'): Promise<FakePlatform> {
    const platform = new FakePlatform(host);
    await new Promise<void>((resolve) => platform.#server.listen(0, host, resolve));
    return platform;
  }

  get url(): string {
    return `http://${this.#host}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Writes a value as an operator does. */
  store(alias: string, value: string): void {
    this.values.set(alias, value);
    this.#points.push({ alias, at: this.#now(), value });
    for (const wake of [...this.#polls]) wake();
  }

  /** Requests that asked for what a check-in asks for. */
  checkIns(): SeenRequest[] {
    return this.seen.filter((request) => request.asked.includes('update_interval'));
  }

  /** Every value that the gateway wrote to an alias, in order. */
  written(alias: string): string[] {
    return this.seen.flatMap((request) => request.written.get(alias) ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<undefined> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [rawPath = '', query = ''] = (request.url ?? '').split('?');
    const path = normalisePath(rawPath);
    const body = Buffer.concat(chunks);
    const form = new Map(decodeForm(body).map(([name, value]) => [name, value ?? '']));
    const asked = decodeForm(query).map(([name]) => name);
    const cik = request.headers['x-exosite-cik'] as string | undefined;
    const isWrite = request.method === 'POST' && path === '/onep:v1/stack/alias';
    this.seen.push({
      method: request.method ?? '',
      path,
      cik,
      userAgent: request.headers['user-agent'],
      written: isWrite ? form : new Map(),
      asked,
    });
    const answer: Answer = (status, text = '', headers = {}) => {
      const content = status === 304 ? {} : { 'Content-Length': String(Buffer.byteLength(text)) };
      response.writeHead(status, { Date: new Date().toUTCString(), ...content, ...headers });
      response.end(text);
      return undefined;
    };
    if (path === '/provision/activate') {
      return typeof this.activation === 'number' ? answer(this.activation) : answer(200, this.activation);
    }
    if (this.failWith !== undefined) return answer(this.failWith);
    if (cik === undefined || cik !== this.cik) return answer(401);
    if (path.startsWith('/gateway-engine/')) return answer(404);
    if (path === '/provision/download') return this.#download(decodeForm(query), request, answer);
    const wait = request.headers['request-timeout'];
    if (wait !== undefined) return await this.#longPoll(asked[0] ?? '', Number(wait), request, answer);
    if (isWrite) for (const [alias, value] of form) this.store(alias, value);
    const found = asked.filter((alias) => this.values.has(alias));
    if (found.length === 0) return answer(204);
    return answer(200, encodeForm(found.map((alias) => [alias, this.values.get(alias) ?? ''])));
  }

  async #longPoll(
    alias: string,
    waitMs: number,
    request: IncomingMessage,
    answer: Answer,
  ): Promise<undefined> {
    if (this.failPollsWith !== undefined) return answer(this.failPollsWith);
    const since = Number(request.headers['if-modified-since'] ?? this.#now());
    const end = Date.now() + waitMs;
    for (;;) {
      const later = this.#points.filter((point) => point.alias === alias && point.at > since);
      const first = later[0]?.at;
      if (first !== undefined) {
        // One point for each second: the last written counts.
        const value = later.filter(({ at }) => at === first).at(-1)?.value ?? '';
        const modified = new Date(first * 1000).toUTCString();
        return answer(200, encodeForm([[alias, value]]), { 'Last-Modified': modified });
      }
      const left = end - Date.now();
      if (left <= 0) return answer(304);
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#polls.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#polls.add(done);
      });
    }
  }

  #download(query: ReturnType<typeof decodeForm>, request: IncomingMessage, answer: Answer): undefined {
    const parts = new Map(query);
    const bytes = this.content.get(parts.get('id') ?? '');
    if (!bytes) return answer(404);
    if (parts.has('info')) return answer(200, `application/gzip,${bytes.length},1700000000,`);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0) return answer(200, bytes);
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    return answer(206, bytes.subarray(from), { 'Content-Range': range });
  }

  #now(): number {
    return Math.floor(Date.now() / 1000);
  }
}
