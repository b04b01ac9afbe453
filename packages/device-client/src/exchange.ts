import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '@gateway-engine/host/basics';
import type { TrafficClass, TrafficMethod } from './accounting/entry.ts';
import { type ConnectionPool, type DialOptions, onDial } from './connection-pool.ts';
import { NetworkError, ProtocolError, TimeoutError } from './errors.ts';
import { withoutPayload } from './network-failure.ts';
import { ProgressWatch } from './progress-watch.ts';
import type { SocketMeter, Traffic } from './traffic.ts';

export interface Ask {
  readonly call: TrafficMethod;
  readonly class: TrafficClass;
  readonly method: 'GET' | 'POST';
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Milliseconds until TCP and TLS are up. */
  readonly connectMs: number;
  /** Longest time without progress, milliseconds. */
  readonly idleMs: number;
  /** Longest time from the end of the request to the first byte of the answer, milliseconds. */
  readonly answerMs: number;
  /** Longest time for everything, milliseconds. */
  readonly wholeMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Ground {
  readonly server: URL;
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly onTraffic: (traffic: Traffic) => void;
}

// A large body goes out in pieces, so that a slow line is told from a dead one.
const pieceBytes = 64 * 1024;

/**
 * One request and its answer on a kept-alive connection. It ends exactly once: with the answer's last byte, with the
 * first failure, or when the reader loses interest; then, and only then, its traffic is reported.
 */
export class Exchange {
  readonly #ask: Ask;
  readonly #ground: Ground;
  readonly #watch: ProgressWatch;
  readonly #startedAt: number;
  readonly #request: ClientRequest;
  readonly #failed = Promise.withResolvers<never>();
  readonly #abort = () => this.#fail(this.#ask.signal?.reason);
  #wholeTimer: { cancel(): void } | undefined;
  #response: IncomingMessage | undefined;
  #meter: SocketMeter | undefined;
  #dialled: Socket | undefined;
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;

  constructor(ask: Ask, ground: Ground) {
    this.#ask = ask;
    this.#ground = ground;
    this.#startedAt = ground.clock.monotonic();
    this.#watch = new ProgressWatch(ground.clock, (what, ms) => this.#timeOut(what, ms));
    // Whoever waits for the exchange sees the failure; when nobody does, it is no unhandled rejection.
    this.#failed.promise.catch(() => undefined);
    this.#request = this.#open();
    ask.signal?.addEventListener('abort', this.#abort, { once: true });
    this.#watch.begin('no connection', ask.connectMs);
    const { wholeMs } = ask;
    if (wholeMs !== undefined) {
      this.#wholeTimer = ground.clock.after(wholeMs, () => this.#timeOut('no complete answer', wholeMs));
    }
  }

  /** Resolves when the head of the answer is here. */
  async head(): Promise<IncomingMessage> {
    const arrived = new Promise<IncomingMessage>((resolve) => this.#request.once('response', resolve));
    this.#send();
    return await Promise.race([arrived, this.#failed.promise]);
  }

  /**
   * Whether the exchange failed on a connection that had served before, with nothing of an answer received: most
   * likely the server had closed it in between.
   */
  get failedOnStaleConnection(): boolean {
    const lost = this.#failure?.reason instanceof NetworkError;
    return lost && this.#request.reusedSocket && this.#response === undefined;
  }

  /** The rest of the answer as text. */
  async text(maximumBytes: number): Promise<string> {
    return (await this.bytes(maximumBytes)).toString('utf8');
  }

  /** The rest of the answer. */
  async bytes(maximumBytes: number): Promise<Buffer> {
    const response = this.#arrived();
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      this.#watch.progress();
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maximumBytes) {
        this.#fail(new ProtocolError(`the answer ${this.place} is longer than ${maximumBytes} bytes`));
      }
    });
    const complete = new Promise<void>((resolve) => response.once('end', resolve));
    await Promise.race([complete, this.#failed.promise]);
    return Buffer.concat(chunks);
  }

  /**
   * The rest of the answer piece by piece, no faster than it is taken. Time counts only while the reader waits for
   * the line, not while the line waits for the reader.
   */
  chunks(): AsyncIterable<Uint8Array> {
    const source = this.#arrived()[Symbol.asyncIterator]();
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      if (!this.#ended) this.#watch.begin('no more of the answer', this.#ask.idleMs);
      try {
        // Not raced against the failure: that would keep every piece in memory until the end.
        const result = await source.next();
        if (this.#failure) throw this.#failure.reason;
        return result;
      } catch (error) {
        if (error instanceof Error) this.#lose(error);
        throw this.#failure ? this.#failure.reason : error;
      } finally {
        this.#watch.stop();
      }
    };
    const leave = async (): Promise<IteratorResult<Uint8Array>> => {
      this.abandon();
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
  }

  /** Gives up on the answer, without a failure. The connection cannot be used again. */
  abandon(): void {
    if (this.#ended) return;
    this.#end();
    this.#request.destroy();
  }

  #open(): ClientRequest {
    const { server, pool } = this.#ground;
    const { headers, ...more } = pool.optionsFor(server, this.#ask.path);
    const options: RequestOptions & DialOptions = {
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      ...(server.port === '' ? {} : { port: server.port }),
      method: this.#ask.method,
      ...more,
      headers: { ...this.#ask.headers, ...headers },
      agent: pool.agent,
      [onDial]: ({ socket, meter }) => {
        this.#dialled = socket;
        this.#meter = meter;
      },
    };
    const request = server.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
    request.once('socket', (socket) => {
      this.#meter = pool.meterOf(socket);
      const ready = () => this.#wait('the request could not be sent', this.#ask.idleMs);
      if (request.reusedSocket) ready();
      else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', ready);
    });
    request.once('finish', () => this.#wait('no answer', this.#ask.answerMs));
    request.once('response', (response) => {
      this.#response = response;
      this.#watch.begin('no more of the answer', this.#ask.idleMs);
      response.once('end', () => this.#end());
      response.once('error', (error) => this.#lose(error));
      response.once('close', () => this.#lose());
    });
    request.on('error', (error) => this.#lose(error));
    request.once('close', () => this.#lose());
    return request;
  }

  /** Waits for the next step before the answer; that may have come before the request was sent whole. */
  #wait(what: string, ms: number): void {
    if (!this.#ended && !this.#response) this.#watch.begin(what, ms);
  }

  #send(): void {
    const { body } = this.#ask;
    if (body === undefined || body.length <= pieceBytes) {
      this.#request.end(body);
      return;
    }
    const sendFrom = (start: number) => {
      if (this.#ended) return;
      if (start >= body.length) this.#request.end();
      else {
        this.#request.write(body.subarray(start, start + pieceBytes), () => {
          this.#watch.progress();
          sendFrom(start + pieceBytes);
        });
      }
    };
    sendFrom(0);
  }

  #arrived(): IncomingMessage {
    if (!this.#response) throw new Error('the head of the answer was not awaited');
    return this.#response;
  }

  /** Where something went wrong. Never the query, the headers or the body: they hold keys and values. */
  get place(): string {
    return `from ${this.#ground.server.origin} to ${this.#ask.method} ${this.#pathOnly}`;
  }

  get #pathOnly(): string {
    return this.#ask.path.split('?', 1)[0] ?? '';
  }

  #timeOut(what: string, ms: number): void {
    this.#fail(new TimeoutError(`${what} ${this.place} within ${Math.round(ms / 100) / 10} s`));
  }

  #lose(cause?: Error): void {
    // What goes wrong after a complete answer (bytes beyond its length) ends the connection, not the call.
    if (this.#ended || this.#response?.complete) return;
    const options = cause ? { cause: withoutPayload(cause) } : {};
    if (cause && 'code' in cause && String(cause.code).startsWith('HPE_')) {
      this.#fail(new ProtocolError(`the answer ${this.place} is not HTTP`, options));
    } else {
      const what = this.#response ? 'the answer was cut off' : 'no answer';
      this.#fail(new NetworkError(`${what} ${this.place}`, options));
    }
  }

  #fail(reason: unknown): void {
    if (this.#ended) return;
    this.#failure = { reason };
    try {
      this.#end();
    } finally {
      // Explicitly, or a reader of what has come already would take the cut for the end.
      this.#response?.destroy(reason instanceof Error ? reason : undefined);
      this.#request.destroy();
      this.#dialled?.destroy();
      this.#failed.reject(reason);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watch.stop();
    this.#wholeTimer?.cancel();
    this.#ask.signal?.removeEventListener('abort', this.#abort);
    const bytes = this.#meter?.take();
    this.#ground.onTraffic({
      call: this.#ask.call,
      class: this.#ask.class,
      method: this.#ask.method,
      path: this.#pathOnly,
      host: this.#ground.server.host,
      status: this.#response?.statusCode,
      bytesSent: bytes?.sent ?? 0,
      bytesReceived: bytes?.received ?? 0,
      durationMs: this.#ground.clock.monotonic() - this.#startedAt,
      localAddress: this.#meter?.localAddress,
    });
  }
}
