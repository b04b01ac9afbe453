import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  /** Text of the body, ASCII. */
  readonly body?: string;
  readonly contentType?: string;
  /** Close the connection afterwards. */
  readonly close?: boolean;
}

/**
 * Sends an answer as hand-written clients need it: `Content-Length: N` in this spelling on every one, `Date`, nothing
 * else, `Connection` only when it closes, all in one write.
 */
export function respond(response: ServerResponse, answer: Answer): void {
  const body = answer.body ?? '';
  if (answer.close || !response.shouldKeepAlive) response.setHeader('Connection', 'close');
  // Without this Node.js adds "Connection: keep-alive" and "Keep-Alive".
  else response.removeHeader('Connection');
  response.setHeader('Content-Length', body.length);
  if (answer.contentType !== undefined) response.setHeader('Content-Type', answer.contentType);
  response.statusCode = answer.status;
  response.end(body, 'latin1');
}

/** The answer to a request that is not taken: the status line as its body, which clients compare. */
export function errorAnswer(status: number): Answer {
  return {
    status,
    body: `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`,
    contentType: 'text/plain',
    close: status === 413,
  };
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
