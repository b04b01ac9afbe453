import type { ErrorBody } from '../admin/schemas.ts';
import { ErrorBody as ErrorBodySchema } from '../admin/schemas.ts';
import { type Body, type Reply, sendRequest, UnreachableError } from './http-request.ts';

/** A refusal of the platform, or an answer that does not come from a platform. */
export class AdminApiError extends Error {
  readonly code = 'ADMIN_API';
  /** The platform's own code (`NO_DEVICE`, ...); undefined when the answer was not a platform's. */
  readonly reason: string | undefined;
  readonly status: number;

  constructor(status: number, message: string, options: ErrorOptions & { reason?: string } = {}) {
    super(message, options);
    this.status = status;
    this.reason = options.reason;
  }
}

/** Anything that reads unknown data into a type or throws: the admin API's schemas. */
interface Schema<T> {
  parse(value: unknown): T;
}

const nothing: Schema<void> = {
  parse: (value) => {
    if (value !== undefined) throw new Error('an empty answer was expected');
  },
};

/** Calls the admin API. Every failure is an error with one sentence for the person at the keyboard. */
export class AdminClient {
  readonly #base: URL;
  readonly #token: string;

  /** `url` is the platform's address without `/api/v1`. */
  constructor(options: { url: URL; token: string }) {
    this.#base = options.url;
    this.#token = options.token;
  }

  get<T>(schema: Schema<T>, segments: readonly string[], query: Record<string, string> = {}): Promise<T> {
    return this.#call('GET', schema, segments, { query });
  }

  /** An answer that is signed as it is, so that it must not be parsed and written anew. */
  async text(segments: readonly string[]): Promise<string> {
    return (await this.#send('GET', segments, {})).text;
  }

  post<T>(schema: Schema<T>, segments: readonly string[], body: unknown): Promise<T> {
    return this.#call('POST', schema, segments, { body: jsonBody(body) });
  }

  put<T>(schema: Schema<T>, segments: readonly string[], body: unknown): Promise<T> {
    return this.#call('PUT', schema, segments, { body: jsonBody(body) });
  }

  async delete(segments: readonly string[]): Promise<void> {
    await this.#call('DELETE', nothing, segments, {});
  }

  /** Sends a file of known length; the body is read as fast as the platform takes it. */
  upload<T>(schema: Schema<T>, segments: readonly string[], body: Body): Promise<T> {
    return this.#call('PUT', schema, segments, { body });
  }

  async #call<T>(
    method: string,
    schema: Schema<T>,
    segments: readonly string[],
    options: { query?: Record<string, string>; body?: Body },
  ): Promise<T> {
    const reply = await this.#send(method, segments, options);
    try {
      return schema.parse(reply.text === '' ? undefined : JSON.parse(reply.text));
    } catch (cause) {
      const message = `${this.#base.href} does not answer as a Gateway Engine platform of this version; check --url or GWE_PLATFORM_URL`;
      throw new AdminApiError(reply.status, message, { cause: new Error(firstLine(cause)) });
    }
  }

  async #send(
    method: string,
    segments: readonly string[],
    options: { query?: Record<string, string>; body?: Body },
  ): Promise<Reply> {
    const reply = await sendRequest({
      url: this.#urlOf(segments, options.query ?? {}),
      method,
      headers: { Authorization: `Bearer ${this.#token}`, Accept: 'application/json' },
      body: options.body,
    });
    if (reply.status < 200 || reply.status > 299) throw this.#refusal(reply);
    return reply;
  }

  #urlOf(segments: readonly string[], query: Record<string, string>): { base: URL; path: string } {
    const path = ['api', 'v1', ...segments.map(encodeURIComponent)].join('/');
    const search = new URLSearchParams(query).toString();
    return {
      base: this.#base,
      path: `${this.#base.pathname.replace(/\/*$/, '/')}${path}${search && `?${search}`}`,
    };
  }

  #refusal(reply: Reply): AdminApiError {
    const body = errorBodyOf(reply.text);
    if (!body) {
      const message = `${this.#base.href} answered HTTP ${reply.status}, not as a Gateway Engine platform does; check --url or GWE_PLATFORM_URL`;
      return new AdminApiError(reply.status, message);
    }
    const { code: reason, message } = body.error;
    if (reply.status === 401) {
      const advice =
        'the platform does not accept the token; set GWE_PLATFORM_TOKEN or --token to a valid one';
      return new AdminApiError(401, advice, { reason });
    }
    return new AdminApiError(reply.status, message, { reason });
  }
}

export { UnreachableError };

function jsonBody(value: unknown): Body {
  const bytes = Buffer.from(JSON.stringify(value));
  return { contentType: 'application/json', size: bytes.length, chunks: [bytes] };
}

function errorBodyOf(text: string): ErrorBody | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return ErrorBodySchema.safeParse(value).data;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ').slice(0, 200);
}
