import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '@gateway-engine/device-api';
import { isDevicePath, parseTarget } from './device-api/call.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** The one listener of the platform: the device API by its paths, the admin API and the pages for all the rest. */
export function createListener(handlers: { device: Handle; admin: Handle }): Server {
  const server = createServer({
    // A connection without any traffic ends after this time, which leaves the longest long poll alone.
    connectionsCheckingInterval: 5_000,
    headersTimeout: 20_000,
    keepAliveTimeout: 120_000,
    // An upload over a slow line takes its time; each part limits its own bodies, and `timeout` below what stands still.
    requestTimeout: 0,
    // Tiny clients leave the host out, and no request is rejected for its host (spec section 2.1).
    requireHostHeader: false,
  });
  server.timeout = limits.longPollMs + 60_000;
  const unanswered = new UnansweredRequests();
  const isDevice = (request: IncomingMessage) => isDevicePath(parseTarget(request.url ?? '/').path);
  const take: Handle = (request, response) => {
    unanswered.add(request, response);
    (isDevice(request) ? handlers.device : handlers.admin)(request, response);
  };
  server.on('request', take);
  // An expectation that nobody knows is passed over (RFC 9110 section 10.1.1); Node.js would answer it with a 417 of
  // its own, in chunks, which tiny clients cannot read.
  server.on('checkExpectation', take);
  server.on('checkContinue', (request, response) => {
    unanswered.add(request, response);
    // The device API says "100 Continue" itself, after a look at the key and the length.
    if (isDevice(request)) return handlers.device(request, response);
    response.writeContinue();
    handlers.admin(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (clientIsGone.has(error.code ?? '')) socket.destroy();
    else unanswered.whenNone(socket as Socket, () => refuseUnreadable(error, socket as Socket));
  });
  return server;
}

/**
 * The requests of each connection that wait for their answer. When something that is no HTTP follows good requests on a
 * connection, these are answered before it is refused and the connection ends.
 */
class UnansweredRequests {
  readonly #counts = new WeakMap<Socket, number>();
  readonly #latest = new WeakMap<Socket, IncomingMessage>();
  readonly #afterwards = new WeakMap<Socket, () => void>();

  add(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#counts.set(socket, (this.#counts.get(socket) ?? 0) + 1);
    this.#latest.set(socket, request);
    response.once('close', () => {
      const count = (this.#counts.get(socket) ?? 1) - 1;
      this.#counts.set(socket, count);
      if (count === 0) this.#afterwards.get(socket)?.();
    });
  }

  /** Calls `act` when every request that came whole is answered. One that was cut short has no answer to wait for. */
  whenNone(socket: Socket, act: () => void): void {
    const cutShort = this.#latest.get(socket)?.complete === false ? 1 : 0;
    if ((this.#counts.get(socket) ?? 0) <= cutShort) act();
    else this.#afterwards.set(socket, act);
  }
}

function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  // HPE_CLOSED_CONNECTION: data after a request that said `Connection: close`, which has its answer.
  if (!socket.writable || error.code === 'HPE_CLOSED_CONNECTION') {
    socket.destroy();
    return;
  }
  const status = unreadableStatus[error.code ?? ''] ?? 400;
  const body = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  const head = [
    body.trimEnd(),
    `Date: ${new Date().toUTCString()}`,
    `Content-Length: ${body.length}`,
    'Content-Type: text/plain',
    'Connection: close',
  ];
  // Time for the client to read it and close: to close with bytes unread would take the answer away from it.
  socket.setTimeout(1000, () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The second: it closed its side in the middle of a request. */
const clientIsGone: ReadonlySet<string> = new Set(['ECONNRESET', 'HPE_INVALID_EOF_STATE']);

const unreadableStatus: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
