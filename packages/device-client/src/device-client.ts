import {
  encodeForm,
  encodeFormText,
  headers,
  isKey,
  limits,
  paths,
  type VendorModelSerial,
} from '@gateway-engine/device-api';
import { type Clock, type RetrySchedule, systemClock, UsageError } from '@gateway-engine/host';
import { Account } from './accounting/account.ts';
import type { TrafficClass } from './accounting/entry.ts';
import type { TrafficLog } from './accounting/traffic-log.ts';
import { type Answer, linesOf, pairsOf, type Reply, replyOf, type Values, valuesOf } from './answers.ts';
import { type Call, Caller, type OpenAnswer } from './caller.ts';
import { ConnectionPool } from './connection-pool.ts';
import { parseContentRange } from './content-range.ts';
import { ProtocolError } from './errors.ts';
import { parseHttpDate } from './http-date.ts';
import { proxyFor } from './proxy.ts';
import { parseServer } from './server-address.ts';
import type { Traffic } from './traffic.ts';
import { Trust, type TrustOptions } from './trust.ts';

export interface DeviceClientOptions extends TrustOptions {
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
  /** A connection that is not used for this long is closed, milliseconds; 100 s, so that calls each minute share one. */
  readonly keepIdleMs?: number | undefined;
  /** Whom to trust, shared with other clients; in place of `ca`, `pins` and so on. */
  readonly trust?: Trust | undefined;
  /** An HTTP proxy, or false for none; left out, that of the environment. */
  readonly proxy?: string | false | undefined;
  /** Called after every request, failed ones included; once for each try. */
  readonly onTraffic?: ((traffic: Traffic) => void) | undefined;
  /**
   * Where every request is accounted for: a file, a log shared with other clients, or false for nowhere. Left out:
   * GWE_TRAFFIC_DB, else `$GWE_HOME/var/ifaces.db`, else `/tmp/ifaces.db`.
   */
  readonly accounting?: TrafficLog | string | false | undefined;
  /** The name it is accounted under; by default that of the running script. */
  readonly program?: string | undefined;
  /** What the traffic is for, unless a call says otherwise; `data` by default. */
  readonly trafficClass?: TrafficClass | undefined;
  /** When to try again after a network failure or a 5xx, for calls that may be repeated; without it never. */
  readonly retry?: RetrySchedule | undefined;
  readonly clock?: Clock | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly trafficClass?: TrafficClass | undefined;
}

export interface ProductName {
  readonly vendor: string;
  readonly model: string;
}

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
  readonly #pool: ConnectionPool;
  readonly #caller: Caller;
  readonly #account: Account | undefined;

  constructor(options: DeviceClientOptions) {
    const server = parseServer(options.server);
    const idleMs = options.timeoutMs ?? 30_000;
    this.cik = options.cik;
    this.#pool = new ConnectionPool({
      secure: server.protocol === 'https:',
      trust: options.trust ?? new Trust(options),
      proxy: proxyFor(server, options.proxy),
      keepIdleMs: options.keepIdleMs ?? 100_000,
    });
    const clock = options.clock ?? systemClock;
    this.#account = Account.open(options.accounting, options.program, clock);
    const onTraffic = (traffic: Traffic) => {
      this.#account?.add(traffic);
      options.onTraffic?.(traffic);
    };
    this.#caller = new Caller(
      { server, pool: this.#pool, clock, onTraffic },
      {
        trafficClass: options.trafficClass ?? 'data',
        userAgent: options.userAgent,
        idleMs,
        connectMs: options.connectTimeoutMs ?? Math.min(idleMs, 15_000),
        wholeMs: options.wholeTimeoutMs ?? 10 * idleMs,
        retry: options.retry,
      },
    );
  }

  /** Writes values, stamped by the server at receipt; hence never repeated by itself. */
  async write(values: Iterable<readonly [string, string]>, options: CallOptions = {}): Promise<Reply> {
    return replyOf(
      await this.#call({
        ...options,
        call: 'write',
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
        call: 'read',
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
        call: 'write',
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
        call: 'record',
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
      ...only(options),
      call: 'longpoll',
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
      call: 'activate',
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
      ...only(options),
      call: 'download',
      method: 'GET',
      path: downloadPath(product, [['id', id]]),
      headers: from > 0 ? { Range: `bytes=${from}-` } : {},
      success: from > 0 ? [200, 206] : [200],
      repeatable: true,
      retried: true,
    };
    return await this.#caller.open(call, this.cik, (answer) => {
      const total = totalOf(answer, from);
      if (total === undefined)
        throw new ProtocolError(`wrong or missing length in the answer ${answer.place}`);
      return { status: answer.status === 206 ? 206 : 200, total, body: answer.exchange.chunks() };
    });
  }

  /** The server's time, seconds since 1970. */
  async timestamp(options: CallOptions = {}): Promise<number> {
    const answer = await this.#call({
      ...options,
      call: 'timestamp',
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
    this.#pool.close();
    this.#account?.close();
  }

  async #call(call: Call): Promise<Answer> {
    return await this.#caller.answer(call, this.cik);
  }

  async #content(
    product: ProductName,
    query: readonly (readonly [string, string])[],
    success: readonly number[],
    options: CallOptions,
  ): Promise<Answer> {
    return await this.#call({
      ...options,
      call: 'content',
      method: 'GET',
      path: downloadPath(product, query),
      success,
      repeatable: true,
      retried: true,
    });
  }
}

function only({ signal, trafficClass }: CallOptions): CallOptions {
  return { signal, trafficClass };
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
function totalOf(answer: OpenAnswer, from: number): number | undefined {
  const length = answer.headers['content-length'];
  if (!isCount(length)) return undefined;
  if (answer.status === 200) return Number(length);
  const range = parseContentRange(answer.headers['content-range']);
  if (!range || range.first !== from || range.last !== range.total - 1) return undefined;
  return Number(length) === range.last - range.first + 1 ? range.total : undefined;
}

function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,15}$/.test(text);
}
