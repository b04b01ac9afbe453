import { type AgentOptions, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { SocketMeter } from './traffic.ts';

/** A request's option: told of the TCP socket that is opened for it, before it is connected. */
export const onDial = Symbol('onDial');
export interface DialOptions {
  [onDial]?: (dialled: { socket: Socket; meter: SocketMeter }) => void;
}

// Finds a dead peer while a long poll waits; a shorter time would cost bytes on a metered line.
const keepAliveProbeMs = 60_000;

/** The kept-alive connections to one server, each with a meter on its TCP socket. */
export class ConnectionPool {
  readonly agent: HttpAgent;
  readonly #dialling = new Set<Socket>();
  readonly #meters = new WeakMap<Duplex, SocketMeter>();
  readonly #ca: string | Buffer | undefined;
  #secureContext: SecureContext | undefined;

  /** Connections that no request used for `keepIdleMs` are closed. */
  constructor(options: { secure: boolean; ca: string | Buffer | undefined; keepIdleMs: number }) {
    this.#ca = options.ca;
    const settings: AgentOptions = {
      keepAlive: true,
      keepAliveMsecs: keepAliveProbeMs,
      maxFreeSockets: 4,
      // Ends idle connections only; a request in progress has limits of its own.
      timeout: options.keepIdleMs,
    };
    this.agent = options.secure ? this.#tlsAgent(settings) : this.#plainAgent(settings);
  }

  /** The meter of a socket that a request was given. */
  meterOf(socket: Duplex): SocketMeter | undefined {
    return this.#meters.get(socket);
  }

  /** Ends the connections that no request uses. */
  closeIdle(): void {
    for (const sockets of Object.values(this.agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  /** Ends all connections, those in use too. */
  close(): void {
    for (const socket of this.#dialling) socket.destroy();
    this.agent.destroy();
  }

  #dial(options: object): { socket: Socket; meter: SocketMeter } {
    const { onDialled, target } = split(options);
    const socket = connect(target);
    const dialled = { socket, meter: new SocketMeter(socket) };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveProbeMs);
    this.#meters.set(socket, dialled.meter);
    onDialled?.(dialled);
    return dialled;
  }

  #plainAgent(settings: AgentOptions): HttpAgent {
    const agent = new HttpAgent(settings);
    agent.createConnection = (options: ClientRequestArgs) => this.#dial(options).socket;
    return agent;
  }

  #tlsAgent(settings: AgentOptions): HttpsAgent {
    const agent = new HttpsAgent(settings);
    const startTls = agent.createConnection.bind(agent);
    // TLS runs over a TCP socket of our own, since a TLS socket counts only what is inside the encryption.
    agent.createConnection = (
      options: RequestOptions,
      callback?: (error: Error | null, s: Duplex) => void,
    ) => {
      const { socket, meter } = this.#dial(options);
      this.#dialling.add(socket);
      const failed = (error: Error) => callback?.(error, socket);
      socket.once('error', failed);
      socket.once('close', () => {
        this.#dialling.delete(socket);
      });
      socket.once('connect', () => {
        this.#dialling.delete(socket);
        socket.off('error', failed);
        const secured = startTls(Object.assign({}, options, this.#trust(), { socket }));
        if (!secured) throw new Error('the TLS agent gave no socket');
        socket.on('error', (error) => secured.destroy(error));
        this.#meters.set(secured, meter);
        callback?.(null, secured);
      });
      return undefined;
    };
    return agent;
  }

  #trust(): { secureContext?: SecureContext } {
    if (this.#ca === undefined) return {};
    this.#secureContext ??= createSecureContext({
      ca: [...getCACertificates('default'), this.#ca.toString()],
    });
    return { secureContext: this.#secureContext };
  }
}

function split(options: object): { onDialled: DialOptions[typeof onDial]; target: NetConnectOpts } {
  const { host, port, family, localAddress, lookup } = options as ClientRequestArgs;
  const target = {
    host: host ?? 'localhost',
    port: Number(port),
    ...(family === undefined ? {} : { family }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(lookup === undefined ? {} : { lookup }),
  };
  return { onDialled: (options as DialOptions)[onDial], target };
}
