import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { describeError } from '../command-line.ts';
import type { OtlpSettings } from './otlp-settings.ts';

/** What one push cost on the network, for those who account for it. Bytes are those of the TCP connection. */
export interface PushTraffic {
  readonly host: string;
  readonly localAddress: string | undefined;
  readonly status: number | undefined;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly durationMs: number;
}

/** For those who account for pushes. */
export interface PushAccount {
  /** Told what each push cost. */
  readonly onTraffic?: ((traffic: PushTraffic) => void) | undefined;
  /** What TLS runs on, where the socket itself would not count what TLS sends. */
  readonly tlsGround?: ((socket: Socket) => Duplex) | undefined;
}

export interface PushAnswer {
  readonly kind: 'sent' | 'failed';
  /** What an operator should know; also of a push that was taken in part. */
  readonly problem?: string | undefined;
  /** When the collector wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
}

/** A collector says little; the rest of a long answer is not read. */
const mostAnswerBytes = 64 * 1024;
const longestRetryAfterMs = 3_600_000;
const zipped = promisify(gzip);

/** Sends one request. Does not reject: whatever goes wrong is in the answer. */
export async function pushOtlp(
  settings: OtlpSettings,
  body: string,
  ending: AbortSignal,
  { onTraffic, tlsGround }: PushAccount = {},
): Promise<PushAnswer> {
  const bytes = settings.compress ? await zipped(body) : Buffer.from(body);
  // Not AbortSignal.any: what it gives may be collected while only a socket waits on it, and then never tells.
  const either = new AbortController();
  const end = () => either.abort();
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    end();
  }, settings.timeoutMs);
  ending.addEventListener('abort', end);
  if (ending.aborted) end();
  const started = performance.now();
  const url = new URL(settings.url);
  const { tcp, socket } = connectTo(url, tlsGround);
  const meter = new Meter(tcp);
  let status: number | undefined;
  try {
    const asked = request({
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      createConnection: () => socket,
      signal: either.signal,
      headers: {
        Host: url.host,
        ...settings.headers,
        'Content-Type': 'application/json',
        'Content-Length': bytes.length,
        ...(settings.compress && { 'Content-Encoding': 'gzip' }),
        Connection: 'close',
      },
    });
    asked.end(bytes);
    const answer = await answerOf(asked);
    status = answer.statusCode ?? 0;
    return judge(status, answer.headers['retry-after'], await textOf(answer));
  } catch (error) {
    const problem = isLate ? `no answer within ${settings.timeoutMs / 1000} s` : describeError(error);
    return { kind: 'failed', problem };
  } finally {
    clearTimeout(limit);
    ending.removeEventListener('abort', end);
    socket.destroy();
    tcp.destroy();
    const durationMs = performance.now() - started;
    onTraffic?.({ host: url.host, localAddress: meter.localAddress, status, durationMs, ...meter.bytes });
  }
}

/** What one request moves over its TCP connection, TLS included. */
class Meter {
  readonly #socket: Socket;
  localAddress: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // A closed socket no longer knows its address.
    socket.once('connect', () => {
      this.localAddress = socket.localAddress;
    });
  }

  get bytes(): { readonly bytesSent: number; readonly bytesReceived: number } {
    const { bytesWritten: bytesSent, bytesRead: bytesReceived } = this.#socket;
    // A socket counts bytes as written that still wait for the connection.
    return this.localAddress === undefined
      ? { bytesSent: 0, bytesReceived: 0 }
      : { bytesSent, bytesReceived };
  }
}

/** The TCP connection to a server, and what speaks over it. */
function connectTo(
  url: URL,
  tlsGround: PushAccount['tlsGround'],
): { readonly tcp: Socket; readonly socket: Socket } {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const tcp = connect({ host, port: Number(url.port) || (isSecure ? 443 : 80) });
  if (!isSecure) return { tcp, socket: tcp };
  const socket = connectTls({
    socket: tlsGround?.(tcp) ?? tcp,
    ...(isIP(host) === 0 && { servername: host }),
  });
  tcp.once('error', (error) => socket.destroy(error));
  return { tcp, socket };
}

function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  asked.on('response', resolve).on('error', reject);
  return promise;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk;
    if (text.length > mostAnswerBytes) break;
  }
  return text;
}

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
function judge(status: number, retryAfter: string | undefined, text: string): PushAnswer {
  if (status >= 200 && status < 300) return { kind: 'sent', problem: partlyRefused(text) };
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined;
  return {
    kind: 'failed',
    problem: `it answers ${status}`,
    ...(seconds !== undefined && { retryAfterMs: Math.min(seconds * 1000, longestRetryAfterMs) }),
  };
}

function partlyRefused(text: string): string | undefined {
  try {
    const { partialSuccess } = JSON.parse(text) ?? {};
    const refused = Number(partialSuccess?.rejectedDataPoints ?? 0);
    if (!(refused > 0)) return undefined;
    return `${refused} points were refused: ${String(partialSuccess.errorMessage ?? '').slice(0, 300)}`;
  } catch {
    // An answer in Protobuf, or none: the status has said that it was taken.
    return undefined;
  }
}
