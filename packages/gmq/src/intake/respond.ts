import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** Text of the body, ASCII. */
  readonly body?: string;
  readonly contentType?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Close the connection afterwards. */
  readonly close?: boolean;
}

/**
 * Sends an answer as hand-written clients need it: `Content-Length: N` in this spelling on every one, `Date`, nothing
 * else, `Connection` only when it closes, all in one write.
 */
export function respond(response: ServerResponse, answer: Answer): void {
  const { status, body = '', contentType, retryAfter } = answer;
  const headers: OutgoingHttpHeaders = {};
  if (answer.close || !response.shouldKeepAlive) headers.Connection = 'close';
  // Without this Node.js adds "Connection: keep-alive" and "Keep-Alive".
  else response.removeHeader('Connection');
  headers['Content-Length'] = body.length;
  if (contentType !== undefined) headers['Content-Type'] = contentType;
  if (retryAfter !== undefined) headers['Retry-After'] = retryAfter;
  response.writeHead(status, headers);
  response.end(body, 'latin1');
}

export function jsonAnswer(value: unknown): Answer {
  const text = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { status: 200, body: `${text}\n`, contentType: 'application/json' };
}

/** Seconds after which a program may try again what could not be stored. */
const retryAfter = 5;

/**
 * The answer to a request that is not taken: the status line as its body, which clients compare, or the reason where
 * there are no such clients.
 */
export function errorAnswer(status: number, reason?: string): Answer {
  return {
    status,
    body: `${reason === undefined ? `HTTP/1.1 ${status} ${STATUS_CODES[status]}` : ascii(reason)}\r\n`,
    contentType: 'text/plain',
    close: status === 413,
    ...(status === 503 ? { retryAfter } : {}),
  };
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/** Answers what is no HTTP at all, or too slow, and closes. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  socket.end(
    `${line}Date: ${new Date().toUTCString()}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${line.length}\r\n\r\n${line}`,
  );
}
