import type { BodyEncoding } from '@gateway-engine/device-api';
import { type Clock, type RetrySchedule, systemClock } from '@gateway-engine/host/basics';
import { Account } from './accounting/account.ts';
import type { TrafficClass } from './accounting/entry.ts';
import type { TrafficLog } from './accounting/traffic-log.ts';
import type { Answer } from './answers.ts';
import { type Call, Caller, type OpenAnswer } from './caller.ts';
import { ConnectionPool } from './connection-pool.ts';
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

/** The way to one server. */
interface Way {
  readonly pool: ConnectionPool;
  readonly caller: Caller;
  readonly account: Account | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly trafficClass?: TrafficClass | undefined;
}

export interface UploadOptions extends CallOptions {
  /** How the body is compressed, for a server that said it takes that (see `capabilities`). */
  readonly encoding?: BodyEncoding | undefined;
}

/** A key and the way to one server: what the two forms of the library share. */
export class Session {
  /** Sent as `X-Exosite-CIK`; may be set later. */
  cik: string | undefined;
  readonly #way: Way;
  readonly #owner: boolean;

  private constructor(cik: string | undefined, way: Way, owner: boolean) {
    this.cik = cik;
    this.#way = way;
    this.#owner = owner;
  }

  /** Throws UsageError when an option makes no sense. */
  static open(options: DeviceClientOptions): Session {
    const server = parseServer(options.server);
    const idleMs = options.timeoutMs ?? 30_000;
    const clock = options.clock ?? systemClock;
    const pool = new ConnectionPool({
      secure: server.protocol === 'https:',
      trust: options.trust ?? new Trust(options),
      proxy: proxyFor(server, options.proxy),
      keepIdleMs: options.keepIdleMs ?? 100_000,
    });
    const account = Account.open(options.accounting, options.program, clock);
    const onTraffic = (traffic: Traffic) => {
      account?.add(traffic);
      options.onTraffic?.(traffic);
    };
    const caller = new Caller(
      { server, pool, clock, onTraffic },
      {
        trafficClass: options.trafficClass ?? 'data',
        userAgent: options.userAgent,
        idleMs,
        connectMs: options.connectTimeoutMs ?? Math.min(idleMs, 15_000),
        wholeMs: options.wholeTimeoutMs ?? 10 * idleMs,
        retry: options.retry,
      },
    );
    return new Session(options.cik, { pool, caller, account }, true);
  }

  /** Another key on the same way. Its end leaves the way open. */
  withKey(cik: string | undefined): Session {
    return new Session(cik, this.#way, false);
  }

  async answer(call: Call, options: UploadOptions): Promise<Answer> {
    return await this.#way.caller.answer({ ...call, ...chosen(options) }, this.cik);
  }

  async bytes(
    call: Call,
    options: CallOptions,
    maximumBytes: number,
  ): Promise<{ status: number; bytes: Buffer }> {
    return await this.#way.caller.bytes({ ...call, ...chosen(options) }, this.cik, maximumBytes);
  }

  async open<T>(call: Call, options: CallOptions, check: (answer: OpenAnswer) => T): Promise<T> {
    return await this.#way.caller.open({ ...call, ...chosen(options) }, this.cik, check);
  }

  /** Ends all connections, those in use too, and writes what was accounted for. */
  close(): void {
    if (!this.#owner) return;
    this.#way.pool.close();
    this.#way.account?.close();
  }
}

function chosen({ signal, trafficClass, encoding }: UploadOptions): UploadOptions {
  return { signal, trafficClass, encoding };
}
