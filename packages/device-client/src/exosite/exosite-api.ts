import type { VendorModelSerial } from '@gateway-engine/device-api';
import { describeError, UsageError } from '@gateway-engine/host/basics';
import {
  type Answer,
  type ContentInfo,
  contentInfoOf,
  keyOf,
  linesOf,
  type PolledPoint,
  polledPoint,
  replyOf,
  secondsOf,
  totalOf,
  valuesOf,
} from '../answers.ts';
import type { Call, OpenAnswer } from '../caller.ts';
import {
  activateCall,
  contentInfoCall,
  downloadCall,
  listContentCall,
  longPollCall,
  type Points,
  type ProductName,
  readCall,
  recordCall,
  timestampCall,
  writeCall,
  writeReadCall,
} from '../calls.ts';
import { DeviceApiError } from '../errors.ts';
import { defaultServer } from '../server-address.ts';
import { type CallOptions, type DeviceClientOptions, Session, type UploadOptions } from '../session.ts';
import { ResponseHandler } from './response-handler.ts';

export interface ExositeAPIOptions extends Omit<DeviceClientOptions, 'server' | 'cik'> {
  /** `HOST[:PORT]` (HTTPS) or `http(s)://HOST[:PORT]`; left out: GDC_SERVER, else the vendor's documented server. */
  readonly server?: string | undefined;
  readonly vendor?: string | undefined;
}

type Value = string | number | boolean;

/**
 * The device side of the device API in the documented form: made from a CIK, its calls give response handlers. They
 * reject only for mistakes in the call itself (UsageError); what the network and the platform do is in the handler.
 */
export class ExositeAPI {
  readonly #session: Session;

  constructor(cik: string | undefined, options: ExositeAPIOptions = {}) {
    const { server, vendor, ...rest } = options;
    this.#session = Session.open({
      ...rest,
      cik,
      server: serverUrl(server || process.env.GDC_SERVER, vendor),
    });
  }

  get cik(): string | undefined {
    return this.#session.cik;
  }

  set cik(cik: string | undefined) {
    this.#session.cik = cik;
  }

  /** Writes values, stamped by the platform at receipt. */
  async write(
    values: Readonly<Record<string, Value>>,
    options: UploadOptions = {},
  ): Promise<ResponseHandler> {
    return await this.handled(writeCall(pairsOf(values)), options, nothing);
  }

  /** `result`: the newest values; aliases that are unknown or without data are missing. */
  async read(
    aliases: string | readonly string[],
    options: CallOptions = {},
  ): Promise<ResponseHandler<Map<string, string>>> {
    return await this.handled(readCall([aliases].flat()), options, (answer) => valuesOf(answer).values);
  }

  /** Writes, then reads, in one request. */
  async writeRead(
    values: Readonly<Record<string, Value>>,
    aliases: string | readonly string[],
    options: UploadOptions = {},
  ): Promise<ResponseHandler<Map<string, string>>> {
    const call = writeReadCall(pairsOf(values), [aliases].flat());
    return await this.handled(call, options, (answer) => valuesOf(answer).values);
  }

  /** Stores points of one alias with times in whole seconds since 1970, a negative one back from now. */
  async record(
    alias: string,
    points: Iterable<readonly [ts: number, value: Value]>,
    options: UploadOptions = {},
  ): Promise<ResponseHandler> {
    const texts: Points = Array.from(points, ([ts, value]) => [ts, String(value)] as const);
    return await this.handled(recordCall([[alias, texts]]), options, nothing);
  }

  /** Waits until the alias gets a point. Code 304, and no result: none came. */
  async longPoll(
    alias: string,
    waitMs: number,
    options: CallOptions & { readonly since?: number | undefined } = {},
  ): Promise<ResponseHandler<PolledPoint>> {
    const call = longPollCall(alias, { waitMs, since: options.since });
    return await this.handled(call, options, (answer) => polledPoint(answer, alias));
  }

  /** Obtains the key of an identity, `result`, and takes it over. A device can do this once; 409 when it has. */
  async activateIdentity(
    identity: VendorModelSerial,
    options: CallOptions = {},
  ): Promise<ResponseHandler<string>> {
    const handler = await this.handled(activateCall(identity), options, keyOf);
    if (handler.result !== undefined) this.cik = handler.result;
    return handler;
  }

  /** `result`: the ids of the product's content. */
  async listContent(product: ProductName, options: CallOptions = {}): Promise<ResponseHandler<string[]>> {
    return await this.handled(listContentCall(product), options, (answer) =>
      linesOf(answer).map((fields) => fields[0] ?? ''),
    );
  }

  async contentInfo(
    product: ProductName,
    id: string,
    options: CallOptions = {},
  ): Promise<ResponseHandler<ContentInfo>> {
    return await this.handled(contentInfoCall(product, id), options, contentInfoOf);
  }

  /** Gives the content's bytes, from position `from`, to `take` as they come; `result`: how many they were. */
  async download(
    product: ProductName,
    id: string,
    take: (bytes: Uint8Array) => void | Promise<void>,
    options: CallOptions & { readonly from?: number | undefined } = {},
  ): Promise<ResponseHandler<number>> {
    const from = options.from ?? 0;
    let head: Pick<OpenAnswer, 'status' | 'headers'> | undefined;
    let taken = 0;
    const call = downloadCall(product, id, from);
    try {
      const body = await this.#session.open(call, options, (answer) => {
        totalOf(answer, from);
        head = answer;
        return answer.exchange.chunks();
      });
      // A server that gives no parts begins at the start.
      let skip = head?.status === 206 ? 0 : from;
      for await (const chunk of body) {
        const bytes = chunk.subarray(skip);
        skip -= chunk.length - bytes.length;
        await take(bytes);
        taken += bytes.length;
      }
      const answer = { success: true, code: head?.status ?? 0, body: '' };
      return new ResponseHandler(answer, { result: taken, date: head && replyOf(head).date });
    } catch (error) {
      return failed(error, options, head?.status);
    }
  }

  /** `result`: the platform's time, seconds since 1970. */
  async timestamp(options: CallOptions = {}): Promise<ResponseHandler<number>> {
    return await this.handled(timestampCall(), options, secondsOf);
  }

  /** Ends all connections, those in use too, and writes what was accounted for. */
  close(): void {
    this.#session.close();
  }

  protected async handled<T>(
    call: Call,
    options: UploadOptions,
    meaning: (answer: Answer) => T | undefined,
  ): Promise<ResponseHandler<T>> {
    let answer: Answer | undefined;
    try {
      answer = await this.#session.answer(call, options);
      const said = { success: true, code: answer.status, body: answer.text };
      return new ResponseHandler(said, { result: meaning(answer), date: replyOf(answer).date });
    } catch (error) {
      return failed(error, options, answer?.status, answer?.text);
    }
  }
}

function failed<T>(error: unknown, options: CallOptions, code = 0, body = ''): ResponseHandler<T> {
  if (error instanceof DeviceApiError) {
    const answer = { success: false, code: error.status, body: error.body };
    return new ResponseHandler<T>(answer, { error: error.message });
  }
  const known = error instanceof Error && 'code' in error && expected.includes(String(error.code));
  // What a caller did wrong, and what its own code threw, is its to see.
  if (!known && !options.signal?.aborted) throw error;
  return new ResponseHandler<T>({ success: false, code, body }, { error: describeError(error) });
}

const expected = ['NETWORK', 'TIMEOUT', 'PROTOCOL'];

function nothing(): undefined {
  return undefined;
}

function pairsOf(values: Readonly<Record<string, Value>>): [string, string][] {
  return Object.entries(values).map(([alias, value]) => [alias, String(value)]);
}

function serverUrl(server: string | undefined, vendor: string | undefined): string {
  if (!server) return defaultServer(vendor);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(server)) return server;
  if (/[\s/?#@]/.test(server))
    throw new UsageError('expected HOST[:PORT] or http(s)://HOST[:PORT] as server');
  return `https://${server}`;
}
