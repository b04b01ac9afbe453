import type {
  ContentList,
  DeployReply,
  DeviceDetail,
  DeviceList,
  History,
  LoginReply,
  ProductList,
} from '@gateway-engine/platform/admin-api';
import { ApiError, refusal, unreachable } from './api-error.ts';
import { type SendProgress, sendFile } from './send-file.ts';
import type { ServerClock } from './server-clock.ts';

export interface Gateway {
  readonly product: string;
  readonly sn: string;
}

const enc = encodeURIComponent;
const devicePath = ({ product, sn }: Gateway) => `/products/${enc(product)}/devices/${enc(sn)}`;

/** The platform's admin API, on the address the page came from. Every call rejects with ApiError. */
export class AdminApi {
  readonly clock: ServerClock;
  readonly #token: () => string | undefined;
  readonly #sessionEnded: () => void;

  constructor(parts: { clock: ServerClock; token: () => string | undefined; sessionEnded: () => void }) {
    this.clock = parts.clock;
    this.#token = parts.token;
    this.#sessionEnded = parts.sessionEnded;
  }

  async logIn(username: string, password: string): Promise<LoginReply> {
    try {
      return await this.#json<LoginReply>('POST', '/session', { body: { username, password } });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401)
        throw new ApiError('REFUSED', 'Username or password is wrong.', 401, { cause: error });
      throw error;
    }
  }

  async logOut(): Promise<void> {
    await this.#text('DELETE', '/session', {});
  }

  async products(signal?: AbortSignal): Promise<ProductList['products']> {
    return (await this.#json<ProductList>('GET', '/products', { signal })).products;
  }

  async devices(product: string, signal?: AbortSignal): Promise<DeviceList['devices']> {
    return (await this.#json<DeviceList>('GET', `/products/${enc(product)}/devices`, { signal })).devices;
  }

  async device(gateway: Gateway, signal?: AbortSignal): Promise<DeviceDetail> {
    return this.#json<DeviceDetail>('GET', devicePath(gateway), { signal });
  }

  /** Points from `start` on, the newest first, at most `limit`. */
  async history(
    gateway: Gateway,
    alias: string,
    range: { start: number; limit: number },
    signal?: AbortSignal,
  ): Promise<History['points']> {
    const query = `start=${Math.max(0, range.start)}&limit=${range.limit}&sort=desc`;
    const path = `${devicePath(gateway)}/resources/${enc(alias)}/history?${query}`;
    return (await this.#json<History>('GET', path, { signal })).points;
  }

  async content(product: string, signal?: AbortSignal): Promise<ContentList> {
    return this.#json<ContentList>('GET', `/products/${enc(product)}/content`, { signal });
  }

  /** Uploads a file as the product's content under its own name. */
  async upload(product: string, file: File, progress: SendProgress, signal: AbortSignal): Promise<void> {
    const url = `/api/v1/products/${enc(product)}/content/${enc(file.name)}`;
    const answer = await sendFile({ url, token: this.#token(), file, progress, signal });
    if (answer.status >= 200 && answer.status < 300) return;
    throw this.#noticed(refusal(answer.status, answer.body));
  }

  async deploy(gateway: Gateway, install: readonly string[]): Promise<DeployReply> {
    return this.#json<DeployReply>('POST', `${devicePath(gateway)}/deploy`, { body: { install } });
  }

  async #json<T>(method: string, path: string, request: ApiRequest): Promise<T> {
    const text = await this.#text(method, path, request);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const message = 'The answer does not come from the platform: is a proxy in the way?';
      throw new ApiError('REFUSED', message, undefined, { cause });
    }
  }

  async #text(method: string, path: string, { body, signal }: ApiRequest): Promise<string> {
    const token = this.#token();
    const headers = new Headers({ accept: 'application/json' });
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    let response: Response;
    let text: string;
    try {
      response = await fetch(`/api/v1${path}`, {
        method,
        headers,
        cache: 'no-store',
        credentials: 'omit',
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      });
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw unreachable(error);
    }
    this.clock.adjust(response.headers.get('date'));
    if (!response.ok) throw this.#noticed(refusal(response.status, text));
    return text;
  }

  /** A session that ended leads back to the log-in, whichever call noticed it. */
  #noticed(error: ApiError): ApiError {
    if (error.code === 'SESSION_ENDED' && this.#token() !== undefined) this.#sessionEnded();
    return error;
  }
}

interface ApiRequest {
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
}
