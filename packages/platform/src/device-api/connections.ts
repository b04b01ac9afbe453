import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '@gateway-engine/device-api';

/** What is remembered of a connection. */
export interface Connection {
  /** Requests taken so far. */
  requests: number;
  /** Settles when all requests taken so far are answered. */
  turn: Promise<void>;
  /** An answer has said `Connection: close`: whatever the client still sends is not looked at. */
  closing: boolean;
}

/**
 * Answers the requests of each connection one after the other, the first hundred of them.
 *
 * Node.js hands over pipelined requests all at once. Invariant: a request is looked at only after the one before it on
 * its connection was answered, so that a read sees the write before it, and a client that sends much and reads nothing
 * gets no more than one answer's memory.
 */
export class Connections {
  readonly #connections = new WeakMap<Socket, Connection>();

  /** Runs `answer` when it is the request's turn. `last`: the answer has to end the connection. */
  takeTurn(
    socket: Socket,
    response: ServerResponse,
    answer: (last: boolean) => Promise<{ readonly close: boolean }>,
  ): void {
    const connection = this.#connections.get(socket) ?? {
      requests: 0,
      turn: Promise.resolve(),
      closing: false,
    };
    this.#connections.set(socket, connection);
    connection.requests++;
    if (connection.requests > limits.requestsPerConnection) return;
    const last = connection.requests === limits.requestsPerConnection;
    const answered = responseEnd(response);
    connection.turn = connection.turn.then(async () => {
      // The answer of a queued request is told nothing when its connection is cut: the socket is asked.
      if (connection.closing || socket.destroyed) return;
      const { close } = await answer(last);
      connection.closing = close || !response.shouldKeepAlive;
      await answered;
    });
  }
}

function responseEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
  });
}
