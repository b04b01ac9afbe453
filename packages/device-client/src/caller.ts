import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BodyEncoding, headers, limits } from '@gateway-engine/device-api';
import { type RetrySchedule, retryDelays, UsageError } from '@gateway-engine/host/basics';
import type { TrafficClass, TrafficMethod } from './accounting/entry.ts';
import { type Answer, refusalOf } from './answers.ts';
import { bodyOf } from './compressed-body.ts';
import { DeviceApiError, NetworkError, TimeoutError } from './errors.ts';
import { type Ask, Exchange, type Ground } from './exchange.ts';

/** What one call of the device API asks for, apart from what is the same for all calls of a client. */
export interface Call {
  readonly call: TrafficMethod;
  readonly trafficClass?: TrafficClass | undefined;
  readonly method: 'GET' | 'POST';
  /** With the query. */
  readonly path: string;
  readonly body?: string;
  readonly bodyType?: string;
  /** How the body may be compressed; undefined: not at all. */
  readonly encoding?: BodyEncoding | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The statuses that are a documented success. */
  readonly success: readonly number[];
  /** Sent again at once when a kept-alive connection turns out to be closed: it must be safe to arrive twice. */
  readonly repeatable: boolean;
  /** Tried again by the retry schedule. */
  readonly retried?: boolean;
  /** Goes without the key when false. */
  readonly withKey?: boolean;
  /** Time that the server takes on purpose, milliseconds. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CallerSettings {
  readonly trafficClass: TrafficClass;
  readonly userAgent: string | undefined;
  readonly idleMs: number;
  readonly connectMs: number;
  readonly wholeMs: number;
  readonly retry: RetrySchedule | undefined;
}

/** An answer whose head is here and whose body is still on the line. */
export interface OpenAnswer extends Omit<Answer, 'text'> {
  readonly exchange: Exchange;
}

// A body of 1 MiB may grow threefold by percent-encoding.
const answerBytes = 4 * limits.dataBodyBytes;

/** Carries out calls: time limits, fresh connections in place of closed ones, retries, refusals as errors. */
export class Caller {
  readonly #ground: Ground;
  readonly #settings: CallerSettings;

  constructor(ground: Ground, settings: CallerSettings) {
    this.#ground = ground;
    this.#settings = settings;
  }

  /** The whole answer. Throws DeviceApiError when its status is no success. */
  async answer(call: Call, key: string | undefined): Promise<Answer> {
    return await this.#withRetries(call, async () => {
      const { exchange, ...head } = await this.#succeed(call, key, this.#settings.wholeMs);
      return { ...head, text: await exchange.text(answerBytes) };
    });
  }

  /** The status and the bytes of an answer of at most so many bytes; a longer one is cut and rejects with ProtocolError. */
  async bytes(
    call: Call,
    key: string | undefined,
    maximumBytes: number,
  ): Promise<{ readonly status: number; readonly bytes: Buffer }> {
    return await this.#withRetries(call, async () => {
      const { exchange, status } = await this.#succeed(call, key, this.#settings.wholeMs);
      return { status, bytes: await exchange.bytes(maximumBytes) };
    });
  }

  /** The answer as soon as `check` accepts its head; when it throws, the connection is given up. */
  async open<T>(call: Call, key: string | undefined, check: (answer: OpenAnswer) => T): Promise<T> {
    return await this.#withRetries(call, async () => {
      const answer = await this.#succeed(call, key, undefined);
      try {
        return check(answer);
      } catch (error) {
        answer.exchange.abandon();
        throw error;
      }
    });
  }

  async #withRetries<T>(call: Call, attempt: () => Promise<T>): Promise<T> {
    const schedule = call.retried ? this.#settings.retry : undefined;
    const delays = schedule ? retryDelays(schedule) : undefined;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const delay = isPassing(error) ? delays?.next() : undefined;
        if (!delay || delay.done) throw error;
        await this.#ground.clock.sleep(delay.value, call.signal);
      }
    }
  }

  async #succeed(call: Call, key: string | undefined, wholeMs: number | undefined): Promise<OpenAnswer> {
    const answer = await this.#send(call, this.#ask(call, key, wholeMs));
    if (call.success.includes(answer.status)) return answer;
    throw refusalOf({ ...answer, text: await answer.exchange.text(answerBytes) }, key);
  }

  /** Waits for the head of the answer; when the connection was closed before the request, once more on a fresh one. */
  async #send(call: Call, ask: Ask): Promise<OpenAnswer> {
    for (let again = call.repeatable; ; again = false) {
      // Connections that the server closed while this process was busy or asleep leave the pool in these two turns
      // of the event loop: the first may already be past its look at the sockets.
      await nextTurn();
      await nextTurn();
      // Here, and not before: an exchange hears only of what is aborted from now on.
      call.signal?.throwIfAborted();
      const exchange = new Exchange(ask, this.#ground);
      try {
        const head = await exchange.head();
        return { exchange, headers: head.headers, status: head.statusCode ?? 0, place: exchange.place };
      } catch (error) {
        if (!again || !exchange.failedOnStaleConnection) throw error;
        // The other idle connections are as old: the second try gets a fresh one.
        this.#ground.pool.closeIdle();
      }
    }
  }

  #ask(call: Call, key: string | undefined, wholeMs: number | undefined): Ask {
    const { userAgent, idleMs, connectMs, trafficClass } = this.#settings;
    const waitMs = call.waitMs ?? 0;
    const body = call.body === undefined ? undefined : bodyOf(call.body, call.encoding);
    return {
      call: call.call,
      class: call.trafficClass ?? trafficClass,
      method: call.method,
      path: call.path,
      headers: {
        ...(key && call.withKey !== false ? { [headers.cik]: sendable(key) } : {}),
        ...(userAgent ? { 'User-Agent': userAgent } : {}),
        ...(call.bodyType === undefined ? {} : { 'Content-Type': call.bodyType }),
        ...(body ? { 'Content-Length': String(body.bytes.length) } : {}),
        ...(body?.encoding ? { 'Content-Encoding': body.encoding } : {}),
        ...call.headers,
      },
      ...(body ? { body: body.bytes } : {}),
      idleMs,
      connectMs,
      answerMs: idleMs + waitMs,
      ...(wholeMs === undefined ? {} : { wholeMs: wholeMs + waitMs }),
      signal: call.signal,
    };
  }
}

/** A key that is wrong in other ways is for the server to refuse. */
function sendable(key: string): string {
  if (!/^[\x21-\x7e]+$/.test(key)) throw new UsageError('the CIK is not 40 lowercase hex digits');
  return key;
}

/** Whether a failure may be gone at the next try. */
function isPassing(error: unknown): boolean {
  if (error instanceof DeviceApiError) return error.status >= 500;
  return error instanceof NetworkError || error instanceof TimeoutError;
}
