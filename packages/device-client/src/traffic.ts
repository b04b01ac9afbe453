import type { Socket } from 'node:net';
import type { TrafficClass, TrafficMethod } from './accounting/entry.ts';

/** What one request cost, counted on the socket: TLS, headers and whatever else the connection carried for it. */
export interface Traffic {
  /** Which call of the device API it was for. */
  readonly call: TrafficMethod;
  readonly class: TrafficClass;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly host: string;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly durationMs: number;
  /** Tells which interface of the machine was used. */
  readonly localAddress: string | undefined;
}

/**
 * Counts the bytes of a TCP connection that requests use one after the other. Each byte is counted for exactly one
 * request: what came since the request before (a TLS session ticket, say) belongs to the next one.
 */
export class SocketMeter {
  readonly #socket: Socket;
  #sent = 0;
  #received = 0;
  #connected = false;
  #localAddress: string | undefined;

  /** `socket` is the TCP socket, below TLS. */
  constructor(socket: Socket) {
    this.#socket = socket;
    // A closed socket no longer knows its address.
    socket.once('connect', () => {
      this.#connected = true;
      this.#localAddress = socket.localAddress;
    });
  }

  get localAddress(): string | undefined {
    return this.#localAddress;
  }

  /** Bytes since the last call. */
  take(): { sent: number; received: number } {
    // A socket counts bytes as written that still wait for the connection.
    if (!this.#connected) return { sent: 0, received: 0 };
    const sent = Math.max(this.#sent, this.#socket.bytesWritten);
    const received = Math.max(this.#received, this.#socket.bytesRead);
    const taken = { sent: sent - this.#sent, received: received - this.#received };
    this.#sent = sent;
    this.#received = received;
    return taken;
  }
}
