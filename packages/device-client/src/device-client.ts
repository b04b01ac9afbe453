import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  encodeForm,
  encodeFormText,
  formType,
  headers,
  isKey,
  limits,
  paths,
  type VendorModelSerial,
} from '@gateway-engine/device-api';
import { type Clock, type RetrySchedule, retryDelays, systemClock, UsageError } from '@gateway-engine/host';
import {
  type Answer,
  linesOf,
  pairsOf,
  type Reply,
  refusalOf,
  replyOf,
  type Values,
  valuesOf,
} from './answers.ts';
import { ConnectionPool } from './connection-pool.ts';
import { parseContentRange } from './content-range.ts';
import { DeviceApiError, NetworkError, ProtocolError, TimeoutError } from './errors.ts';
import { type Ask, Exchange, type Ground } from './exchange.ts';
import { parseHttpDate } from './http-date.ts';
import { parseServer } from './server-address.ts';
import type { Traffic } from './traffic.ts';

export interface DeviceClientOptions {
  /** Base URL: `http(s)://host[:port]`. */
  readonly server: string;
  /** Sent as `X-Exosite-CIK`. */
  readonly cik?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Longest time without progress, milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Longest time until TCP and TLS are up, milliseconds; 15 s or `timeoutMs`, whichever is less. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest time for a whole call, downloads excepted, milliseconds; ten times `timeoutMs`. */
  readonly wholeTimeoutMs?: number | undefined;
  /** A certificate authority (PEM) to trust beside those of the system. */
  readonly ca?: string | Buffer | undefined;
  /** Called after every request, failed ones included; once for each try. */
  readonly onTraffic?: ((traffic: Traffic) => void) | undefined;
  /** When to try again after a network failure or a 5xx, for calls that may be repeated; without it never. */
  readonly retry?: RetrySchedule | undefined;
  readonly clock?: Clock | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ProductName {
  readonly vendor: string;
  readonly model: string;
}

/** What is asked, apart from what the client adds: key, time limits. */
interface Call extends CallOptions {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly form?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly success: readonly number[];
  /** May be sent again when it is not known whether it was carried out. */
  readonly repeatable: boolean;
  /** Also tried again by the retry schedule. */
  readonly retried?: boolean;
  readonly withKey?: boolean;
  /** Time that the server may take on purpose, milliseconds. */
  readonly waitMs?: number;
}

// A body of 1 MiB may grow threefold by percent-encoding.
const answerBytes = 4 * limits.dataBodyBytes;

/**
 * The device side of the device API.
 *
 * Calls reject with DeviceApiError (the server refused), NetworkError, TimeoutError, ProtocolError (the answer makes
 * no sense), UsageError (the call makes no sense) or, when their signal is aborted, with its reason. No error holds a
 * key or a value.
 */
export class DeviceClient {
  /** Sent as `X-Exosite-CIK`; may be set later. */
  cik: string | undefined;
  readonly #ground: Ground;
  readonly #userAgent: string | undefined;
  readonly #limits: { idleMs: number; connectMs: number; wholeMs: number };
  readonly #retry: RetrySchedule | undefined;

  constructor(options: DeviceClientOptions) {
    const server = parseServer(options.server);
    this.cik = options.cik;
    this.#ground = {
      server,
      pool: new ConnectionPool(server.protocol === 'https:', options.ca),
      clock: options.clock ?? systemClock,
      onTraffic: options.onTraffic,
    };
    this.#userAgent = options.userAgent || undefined;
    const idleMs = options.timeoutMs ?? 30_000;
    this.#limits = {
      idleMs,
      connectMs: options.connectTimeoutMs ?? Math.min(idleMs, 15_000),
      wholeMs: options.wholeTimeoutMs ?? 10 * idleMs,
    };
    this.#retry = options.retry;
  }

  /** Writes values, stamped by the server at receipt; hence never repeated by itself. */
  async write(values: Iterable<readonly [string, string]>, options: CallOptions = {}): Promise<Reply> {
    return replyOf(
      await this.#call({
        ...options,
        method: 'POST',
        path: paths.alias,
        form: encodeForm(values),
        success: [204],
        repeatable: false,
      }),
    );
  }

  /** The newest value of each alias; those unknown or without data are left out. */
  async read(aliases: readonly string[], options: CallOptions = {}): Promise<Values> {
    return valuesOf(
      await this.#call({
        ...options,
        method: 'GET',
        path: `${paths.alias}?${queryOf(aliases)}`,
        success: [200, 204],
        repeatable: true,
        retried: true,
      }),
    );
  }

  /** Writes, then reads, in one request. Not repeated, like a write. */
  async writeRead(
    values: Iterable<readonly [string, string]>,
    aliases: readonly string[],
    options: CallOptions = {},
  ): Promise<Values> {
    return valuesOf(
      await this.#call({
        ...options,
        method: 'POST',
        path: `${paths.alias}?${queryOf(aliases)}`,
        form: encodeForm(values),
        success: [200, 204],
        repeatable: false,
      }),
    );
  }

  /** Stores points with timestamps (whole seconds since 1970) of several aliases in one request. */
  async record(
    groups: Iterable<readonly [alias: string, points: Iterable<readonly [ts: number, value: string]>]>,
    options: CallOptions = {},
  ): Promise<Reply> {
    return replyOf(
      await this.#call({
        ...options,
        method: 'POST',
        path: paths.record,
        form: encodeForm(recordPairs(groups)),
        success: [204],
        repeatable: true,
        retried: true,
      }),
    );
  }

  /**
   * Waits on the server until the alias gets a point: the oldest one later than `since` (seconds), or one stored
   * after the request came in. Undefined when the time is over.
   */
  async longPoll(
    alias: string,
    options: CallOptions & { readonly waitMs: number; readonly since?: number | undefined },
  ): Promise<{ value: string; modified: number; date: number } | undefined> {
    const waitMs = Math.min(Math.max(1, Math.round(options.waitMs)), limits.longPollMs);
    const answer = await this.#call({
      signal: options.signal,
      method: 'GET',
      path: `${paths.alias}?${encodeFormText(alias)}`,
      headers: {
        [headers.requestTimeout]: String(waitMs),
        ...(options.since === undefined ? {} : { [headers.ifModifiedSince]: String(options.since) }),
      },
      success: [200, 204, 304],
      // Without a start, points between the two tries would be missed unseen.
      repeatable: options.since !== undefined,
      waitMs,
    });
    if (answer.status !== 200) return undefined;
    const value = pairsOf(answer).get(alias);
    const modified = parseHttpDate(answer.headers['last-modified']);
    const { date } = replyOf(answer);
    if (value === undefined || modified === undefined || date === undefined) {
      const missing = value === undefined ? 'value' : modified === undefined ? 'Last-Modified' : 'Date';
      throw new ProtocolError(`no ${missing} in the answer ${answer.place}`);
    }
    return { value, modified, date };
  }

  /** Obtains the CIK of an identity. 404: not known; 409: activated before, or not enabled. */
  async activate(identity: VendorModelSerial, options: CallOptions = {}): Promise<string> {
    const answer = await this.#call({
      ...options,
      method: 'POST',
      path: paths.activate,
      form: encodeForm([
        ['vendor', identity.vendor],
        ['model', identity.model],
        ['sn', identity.serial],
      ]),
      success: [200],
      // The first time may have used up the activation.
      repeatable: false,
      withKey: false,
    });
    const cik = answer.text.trim();
    if (!isKey(cik))
      throw new ProtocolError(`no CIK of 40 lowercase hex digits in the answer ${answer.place}`);
    return cik;
  }

  /** The ids of the product's content. */
  async listContent(product: ProductName, options: CallOptions = {}): Promise<string[]> {
    const answer = await this.#content(product, [], [200, 204], options);
    return linesOf(answer).map((fields) => fields[0] ?? '');
  }

  async contentInfo(
    product: ProductName,
    id: string,
    options: CallOptions = {},
  ): Promise<{ contentType: string; size: number; updated: number; meta: string }> {
    const answer = await this.#content(
      product,
      [
        ['id', id],
        ['info', 'true'],
      ],
      [200],
      options,
    );
    const [contentType, size, updated, meta] = linesOf(answer)[0] ?? [];
    if (contentType === undefined || !isCount(size) || !isCount(updated)) {
      throw new ProtocolError(`expected type, size, time, meta in the answer ${answer.place}`);
    }
    return { contentType, size: Number(size), updated: Number(updated), meta: meta ?? '' };
  }

  /**
   * The bytes of a content entry, from position `from`. `body` must be read to its end or left (`break`), and reading
   * must begin at once; it rejects when fewer bytes come than were announced. A server without ranges answers 200
   * and begins at 0.
   */
  async download(
    product: ProductName,
    id: string,
    options: CallOptions & { readonly from?: number | undefined } = {},
  ): Promise<{ status: 200 | 206; total: number; body: AsyncIterable<Uint8Array> }> {
    const from = options.from ?? 0;
    if (!Number.isSafeInteger(from) || from < 0) throw new UsageError('a download starts at a whole number');
    const call: Call = {
      signal: options.signal,
      method: 'GET',
      path: downloadPath(product, [['id', id]]),
      headers: from > 0 ? { Range: `bytes=${from}-` } : {},
      success: from > 0 ? [200, 206] : [200],
      repeatable: true,
      retried: true,
    };
    return await this.#withRetries(call, async () => {
      const { exchange, status, head, place } = await this.#open(call, undefined);
      try {
        if (!call.success.includes(status)) throw await this.#refusal(exchange, { status, head, place });
        const total = totalOf(status, head, from);
        if (total === undefined) throw new ProtocolError(`wrong or missing length in the answer ${place}`);
        return { status: status === 206 ? 206 : 200, total, body: exchange.chunks() };
      } catch (error) {
        exchange.abandon();
        throw error;
      }
    });
  }

  /** The server's time, seconds since 1970. */
  async timestamp(options: CallOptions = {}): Promise<number> {
    const answer = await this.#call({
      ...options,
      method: 'GET',
      path: paths.timestamp,
      success: [200],
      repeatable: true,
      retried: true,
      withKey: false,
    });
    const text = answer.text.trim();
    if (!isCount(text)) throw new ProtocolError(`no number in the answer ${answer.place}`);
    return Number(text);
  }

  /** Ends all connections, those in use too. */
  close(): void {
    this.#ground.pool.close();
  }

  async #content(
    product: ProductName,
    query: readonly (readonly [string, string])[],
    success: readonly number[],
    options: CallOptions,
  ): Promise<Answer> {
    return await this.#call({
      ...options,
      method: 'GET',
      path: downloadPath(product, query),
      success,
      repeatable: true,
      retried: true,
    });
  }

  async #call(call: Call): Promise<Answer> {
    return await this.#withRetries(call, async () => {
      const { exchange, status, head, place } = await this.#open(call, this.#limits.wholeMs);
      if (!call.success.includes(status)) throw await this.#refusal(exchange, { status, head, place });
      return { status, headers: head.headers, text: await exchange.text(answerBytes), place };
    });
  }

  async #withRetries<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
    const delays = retryDelays(
      call.retried && this.#retry
        ? this.#retry
        : { initialMs: 0, factor: 1, maximumMs: 0, jitter: 0, attempts: 0 },
    );
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const delay = isPassing(error) ? delays.next() : undefined;
        if (!delay || delay.done) throw error;
        await this.#ground.clock.sleep(delay.value, call.signal ?? undefined);
      }
    }
  }

  /** Sends the request and waits for the head of the answer; on a stale connection once more. */
  async #open(call: Call, wholeMs: number | undefined) {
    const ask = this.#ask(call, wholeMs);
    for (let again = call.repeatable; ; again = false) {
      call.signal?.throwIfAborted();
      // Connections that the server closed while this process was busy or asleep are taken out of the pool here.
      await nextTurn();
      const exchange = new Exchange(ask, this.#ground);
      try {
        const head = await exchange.head();
        return { exchange, head, status: head.statusCode ?? 0, place: exchange.place };
      } catch (error) {
        if (!again || !exchange.failedOnStaleConnection) throw error;
        // The other idle connections are as old: the second try gets a fresh one.
        this.#ground.pool.closeIdle();
      }
    }
  }

  #ask(call: Call, wholeMs: number | undefined): Ask {
    const body = call.form;
    const { idleMs, connectMs } = this.#limits;
    const waitMs = call.waitMs ?? 0;
    return {
      method: call.method,
      path: call.path,
      headers: {
        ...(call.withKey !== false && this.cik ? { [headers.cik]: this.#key(this.cik) } : {}),
        ...(this.#userAgent ? { 'User-Agent': this.#userAgent } : {}),
        ...(body === undefined
          ? {}
          : { 'Content-Type': formType, 'Content-Length': String(Buffer.byteLength(body)) }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
      idleMs,
      connectMs,
      answerMs: idleMs + waitMs,
      ...(wholeMs === undefined ? {} : { wholeMs: wholeMs + waitMs }),
      signal: call.signal,
    };
  }

  #key(cik: string): string {
    if (!/^[\x21-\x7e]+$/.test(cik)) throw new UsageError('the CIK is not 40 lowercase hex digits');
    return cik;
  }

  async #refusal(
    exchange: Exchange,
    answer: { status: number; head: { headers: Answer['headers'] }; place: string },
  ): Promise<DeviceApiError> {
    const text = await exchange.text(answerBytes);
    return refusalOf({ ...answer, headers: answer.head.headers, text }, this.cik);
  }
}

function queryOf(aliases: readonly string[]): string {
  return aliases.map(encodeFormText).join('&');
}

function downloadPath(product: ProductName, query: readonly (readonly [string, string])[]): string {
  return `${paths.download}?${encodeForm([['vendor', product.vendor], ['model', product.model], ...query])}`;
}

function* recordPairs(
  groups: Iterable<readonly [alias: string, points: Iterable<readonly [ts: number, value: string]>]>,
): Generator<readonly [string, string]> {
  for (const [alias, points] of groups) {
    yield ['alias', alias];
    for (const [ts, value] of points) {
      if (!Number.isSafeInteger(ts)) throw new UsageError(`timestamp ${ts} is not in whole seconds`);
      yield [String(ts), value];
    }
  }
}

/** The length of the whole content, when the answer's length headers agree with each other and with `from`. */
function totalOf(status: number, head: { headers: Answer['headers'] }, from: number): number | undefined {
  const length = head.headers['content-length'];
  if (!isCount(length)) return undefined;
  if (status === 200) return Number(length);
  const range = parseContentRange(head.headers['content-range']);
  if (!range || range.first !== from || range.last !== range.total - 1) return undefined;
  return Number(length) === range.last - range.first + 1 ? range.total : undefined;
}

function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,15}$/.test(text);
}

/** Whether a failure may be gone at the next try. */
function isPassing(error: unknown): boolean {
  if (error instanceof DeviceApiError) return error.status >= 500;
  return error instanceof NetworkError || error instanceof TimeoutError;
}
