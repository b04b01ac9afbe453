import { type Capabilities, parseCapabilities, type VendorModelSerial } from '@gateway-engine/device-api';
import {
  addressOf,
  type ContentInfo,
  contentInfoOf,
  keyOf,
  linesOf,
  type PolledPoint,
  polledPoint,
  type Reply,
  replyOf,
  secondsOf,
  totalOf,
  type Values,
  valuesOf,
} from './answers.ts';
import type { OpenAnswer } from './caller.ts';
import {
  activateCall,
  capabilitiesCall,
  contentInfoCall,
  deltaCall,
  downloadCall,
  ipCall,
  listContentCall,
  longPollCall,
  metadataCall,
  type Pairs,
  type Points,
  type ProductName,
  readCall,
  recordAliasCall,
  recordCall,
  rpcCall,
  timestampCall,
  writeCall,
  writeReadCall,
} from './calls.ts';
import { DeviceApiError } from './errors.ts';
import { type RpcCall, type RpcOptions, type RpcResult, rpcResults } from './rpc.ts';
import { type CallOptions, type DeviceClientOptions, Session, type UploadOptions } from './session.ts';

/** Bytes of something from a position on. */
export interface OpenedContent {
  readonly status: 200 | 206;
  /** Length of the whole. */
  readonly total: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** For a client that speaks for another device of the same server. */
export interface SharedClientOptions {
  /** Whose connections and options count. They stay open when the new client is closed. */
  readonly sharing: DeviceClient;
  readonly cik?: string | undefined;
}

/**
 * The device side of the device API.
 *
 * Calls reject with DeviceApiError (the server refused), NetworkError, TimeoutError, ProtocolError (the answer makes
 * no sense), UsageError (the call makes no sense) or, when their signal is aborted, with its reason. No error shows a
 * key or a value.
 */
export class DeviceClient {
  readonly #session: Session;

  /** Throws UsageError when an option makes no sense. */
  constructor(options: DeviceClientOptions | SharedClientOptions) {
    this.#session =
      'sharing' in options ? options.sharing.#session.withKey(options.cik) : Session.open(options);
  }

  /** Sent as `X-Exosite-CIK`; may be set later. */
  get cik(): string | undefined {
    return this.#session.cik;
  }

  set cik(cik: string | undefined) {
    this.#session.cik = cik;
  }

  /** Writes values, stamped by the server at receipt; hence never repeated by itself. */
  async write(values: Pairs, options: UploadOptions = {}): Promise<Reply> {
    return replyOf(await this.#session.answer(writeCall(values), options));
  }

  /** The newest value of each alias; those unknown or without data are left out. */
  async read(aliases: readonly string[], options: CallOptions = {}): Promise<Values> {
    return valuesOf(await this.#session.answer(readCall(aliases), options));
  }

  /** Writes, then reads, in one request. Not repeated, like a write. */
  async writeRead(values: Pairs, aliases: readonly string[], options: UploadOptions = {}): Promise<Values> {
    return valuesOf(await this.#session.answer(writeReadCall(values, aliases), options));
  }

  /** Stores points with timestamps of several aliases in one request. */
  async record(
    groups: Iterable<readonly [alias: string, points: Points]>,
    options: UploadOptions = {},
  ): Promise<Reply> {
    return replyOf(await this.#session.answer(recordCall(groups), options));
  }

  /** The same for one alias in the older form, which every server of this API knows. */
  async recordAlias(alias: string, points: Points, options: UploadOptions = {}): Promise<Reply> {
    return replyOf(await this.#session.answer(recordAliasCall(alias, points), options));
  }

  /**
   * Waits on the server until the alias gets a point: the oldest one later than `since` (seconds), or one stored
   * after the request came in. Undefined when the time is over.
   */
  async longPoll(
    alias: string,
    options: CallOptions & { readonly waitMs: number; readonly since?: number | undefined },
  ): Promise<PolledPoint | undefined> {
    return polledPoint(await this.#session.answer(longPollCall(alias, options), options), alias);
  }

  /**
   * Obtains the CIK of an identity, given whole or as an id for the product that the server's name begins with. 404: not
   * known; 409: activated before, or not enabled.
   */
  async activate(
    identity: VendorModelSerial | { readonly id: string },
    options: CallOptions = {},
  ): Promise<string> {
    return keyOf(await this.#session.answer(activateCall(identity), options));
  }

  /** The ids of the product's content. */
  async listContent(product: ProductName, options: CallOptions = {}): Promise<string[]> {
    const answer = await this.#session.answer(listContentCall(product), options);
    return linesOf(answer).map((fields) => fields[0] ?? '');
  }

  async contentInfo(product: ProductName, id: string, options: CallOptions = {}): Promise<ContentInfo> {
    return contentInfoOf(await this.#session.answer(contentInfoCall(product, id), options));
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
  ): Promise<OpenedContent> {
    const from = options.from ?? 0;
    return await this.#session.open(downloadCall(product, id, from), options, openedFrom(from));
  }

  /**
   * What makes one content out of another, from position `from` on, of a server that says so in its capabilities; like
   * `download`. 404: there is none of these two.
   */
  async downloadDelta(
    contents: { readonly from: string; readonly to: string },
    options: CallOptions & { readonly from?: number | undefined } = {},
  ): Promise<OpenedContent> {
    const from = options.from ?? 0;
    return await this.#session.open(deltaCall(contents, from), options, openedFrom(from));
  }

  /** The server's time, seconds since 1970. */
  async timestamp(options: CallOptions = {}): Promise<number> {
    return secondsOf(await this.#session.answer(timestampCall(), options));
  }

  /** The server's address and port, as it sees them. */
  async ip(options: CallOptions = {}): Promise<{ readonly address: string; readonly port: number }> {
    return addressOf(await this.#session.answer(ipCall(), options));
  }

  /** Procedures of the JSON RPC, in order, as the client of this key. One that fails is a result with another status. */
  async rpc(calls: readonly RpcCall[], options: CallOptions & RpcOptions = {}): Promise<RpcResult[]> {
    return rpcResults(await this.#session.answer(rpcCall(this.cik, calls, options), options), calls.length);
  }

  /** What the server can do beyond the documented API; undefined when it is one that does not say. */
  async capabilities(options: CallOptions = {}): Promise<Capabilities | undefined> {
    try {
      const { text } = await this.#session.answer(capabilitiesCall(), options);
      return parseCapabilities(text);
    } catch (error) {
      // A server that cannot answer for now is asked again another time; any other refusal is its answer.
      if (error instanceof DeviceApiError && error.status < 500 && error.status !== 429) return undefined;
      throw error;
    }
  }

  /**
   * A file of the product's signed metadata, as it was signed; undefined when the server has none. One that is longer
   * than `maximumBytes` is cut off and rejects with ProtocolError, one that takes too long in all with TimeoutError.
   */
  async metadata(
    file: string,
    options: CallOptions & { readonly maximumBytes: number },
  ): Promise<Buffer | undefined> {
    const { status, bytes } = await this.#session.bytes(metadataCall(file), options, options.maximumBytes);
    return status === 200 ? bytes : undefined;
  }

  /** Ends all connections, those in use too, and writes what was accounted for. */
  close(): void {
    this.#session.close();
  }
}

function openedFrom(from: number): (answer: OpenAnswer) => OpenedContent {
  return (answer) => ({
    status: answer.status === 206 ? 206 : 200,
    total: totalOf(answer, from),
    body: answer.exchange.chunks(),
  });
}
