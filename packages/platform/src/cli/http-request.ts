import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';

/** The platform cannot be reached: where it was looked for and what to do. */
export class UnreachableError extends Error {
  readonly code = 'UNREACHABLE';
}

export interface Body {
  readonly contentType: string;
  /** Bytes in all chunks together. */
  readonly size: number;
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Without any progress for this long a request is given up. */
const quietMs = 60_000;
const longestReplyBytes = 64 * 1024 * 1024;

/**
 * One request over http or https. An answer that comes before the body is sent ends the sending: a refusal of a large
 * file is heard at once. Rejects with UnreachableError, or with the error of `body.chunks`.
 */
export async function sendRequest(options: {
  url: { base: URL; path: string };
  method: string;
  headers: Record<string, string>;
  body: Body | undefined;
}): Promise<Reply> {
  const { base, path } = options.url;
  const { body } = options;
  const request = (base.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: base.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: base.port,
    // Given as it is: URL would fold the segments `.` and `..`, which are fine as a name.
    path,
    method: options.method,
    headers: {
      ...options.headers,
      ...(body && { 'Content-Type': body.contentType, 'Content-Length': String(body.size) }),
    },
    agent: false,
  });
  request.setTimeout(quietMs, () => request.destroy(new Error(`no answer for ${quietMs / 1000} s`)));
  const answered = answerOf(request);
  let unreadable: { readonly error: unknown } | undefined;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* body?.chunks ?? [];
    } catch (error) {
      unreadable = { error };
      // The pipeline leaves a request open that it could not fill.
      request.destroy();
      throw error;
    }
  }
  // A failure to send shows in the answer; waiting for the end of the sending only keeps things in order.
  const sent = pipeline(chunks, request).catch((error: unknown) => error);
  try {
    const response = await answered;
    const text = await readText(response);
    return { status: response.statusCode ?? 0, text };
  } catch (cause) {
    await sent;
    if (unreadable) throw unreadable.error;
    throw unreachable(base, cause);
  } finally {
    request.destroy();
    await sent;
  }
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > longestReplyBytes) {
      throw new UnreachableError(
        "the platform's answer is longer than 64 MiB; ask for less, with a lower --limit",
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function unreachable(base: URL, cause: unknown): UnreachableError {
  if (cause instanceof UnreachableError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  const address = base.origin;
  if (code === 'ECONNREFUSED') {
    const message = `nothing answers at ${address}; start the platform (gwe-platform serve) or correct --url or GWE_PLATFORM_URL`;
    return new UnreachableError(message);
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const message = `there is no address for the host ${base.hostname}; check --url or GWE_PLATFORM_URL`;
    return new UnreachableError(message);
  }
  if (code !== undefined && /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/.test(code)) {
    const message = `the certificate of ${address} is not signed by a known authority; name its authority's file in NODE_EXTRA_CA_CERTS`;
    return new UnreachableError(message, { cause });
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new UnreachableError(`the connection to ${address} was cut; try again`, { cause });
  }
  return new UnreachableError(
    `the platform at ${address} cannot be reached; check --url or GWE_PLATFORM_URL`,
    {
      cause,
    },
  );
}
