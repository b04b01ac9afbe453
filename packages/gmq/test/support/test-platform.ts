import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { decodeForm, headers } from '@gateway-engine/device-api';

/** How the platform treats the next data calls. `cut` stores and cuts the answer; `hang` never answers. */
export type Mood = 'normal' | 'cut' | 'hang' | 'slow' | number;

/** A platform for tests: real sockets, points in memory, moods that can be changed while it runs. */
export class TestPlatform implements AsyncDisposable {
  mood: Mood = 'normal';
  /** Calls in a row that the mood applies to; then it is normal again. */
  moodLasts = Number.POSITIVE_INFINITY;
  /** A record call that holds a point of this alias is answered 400 and not stored. */
  refusedAlias: string | undefined;
  /** Keys that count; undefined: all do. */
  keys: Set<string> | undefined;
  /** Serial number to the key it is given; one that is missing is unknown: 404. */
  readonly keyOfSerial = new Map<string, string>();
  activationStatus = 200;
  /** Key to alias to second to value. */
  readonly points = new Map<string, Map<string, Map<number, string>>>();
  /** Connections that were made so far. */
  connections = 0;
  readonly calls: { path: string; key: string | undefined; body: string; status: number }[] = [];
  /** What came in, in its order, once for each time it came. */
  readonly arrivals: { key: string; alias: string; at: number; value: string }[] = [];
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #sockets = new Set<Socket>();
  #port = 0;

  static async start(port = 0): Promise<TestPlatform> {
    const platform = new TestPlatform();
    platform.#server.on('connection', (socket) => {
      platform.connections++;
      platform.#sockets.add(socket);
      socket.on('close', () => platform.#sockets.delete(socket));
    });
    await platform.up(port);
    return platform;
  }

  async up(port = this.#port): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  value(key: string, alias: string, at: number): string | undefined {
    return this.points.get(key)?.get(alias)?.get(at);
  }

  values(key: string, alias: string): string[] {
    const points = [...(this.points.get(key)?.get(alias) ?? [])];
    return points.sort(([a], [b]) => a - b).map(([, value]) => value);
  }

  get recordCalls(): number {
    return this.calls.filter(({ path }) => path === '/onep:v1/stack/record').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.down();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const key = request.headers[headers.cik.toLowerCase()]?.toString();
    const mood = this.#nextMood();
    const answer = (status: number, text = '') => {
      this.calls.push({ path: request.url ?? '', key, body: body.toString(), status });
      response.writeHead(status, { 'Content-Length': text.length }).end(text);
    };
    if (typeof mood === 'number') return answer(mood);
    if (mood === 'hang') return;
    if (mood === 'slow') await new Promise((resolve) => setTimeout(resolve, 700));
    if (request.url === '/provision/activate') return this.#activate(body, answer);
    if (request.url !== '/onep:v1/stack/record') return answer(404);
    const status = this.#record(key, body);
    if (mood === 'cut') {
      response.write('HTTP');
      request.socket.destroy();
      return;
    }
    answer(status);
  }

  #nextMood(): Mood {
    if (this.moodLasts <= 0) this.mood = 'normal';
    this.moodLasts--;
    return this.mood;
  }

  #activate(body: Buffer, answer: (status: number, text?: string) => void): void {
    const serial = new Map(decodeForm(body)).get('sn') ?? '';
    const key = this.keyOfSerial.get(serial);
    if (this.activationStatus !== 200) answer(this.activationStatus);
    else if (key === undefined) answer(404);
    else answer(200, key);
  }

  #record(key: string | undefined, body: Buffer): number {
    if (key === undefined || (this.keys && !this.keys.has(key))) return 401;
    const points: { alias: string; at: number; value: string }[] = [];
    let alias = '';
    for (const [name, value] of decodeForm(body)) {
      if (value === undefined) return 400;
      if (name === 'alias') alias = value;
      else points.push({ alias, at: Number(name), value });
    }
    if (points.some((point) => point.alias === this.refusedAlias)) return 400;
    const distinct = new Set(points.map((point) => `${point.at} ${point.alias}`));
    if (distinct.size < points.length) return 409;
    for (const point of points) {
      const aliases = this.points.get(key) ?? new Map<string, Map<number, string>>();
      this.points.set(key, aliases);
      const series = aliases.get(point.alias) ?? new Map<number, string>();
      aliases.set(point.alias, series);
      series.set(point.at, point.value);
      this.arrivals.push({ key, ...point });
    }
    return 204;
  }
}
