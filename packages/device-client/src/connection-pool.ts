import { type AgentOptions, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HttpProxy } from './proxy.ts';
import { tlsGround } from './tls-ground.ts';
import { SocketMeter } from './traffic.ts';
import type { Trust } from './trust.ts';
import { openTunnel } from './tunnel.ts';

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
  readonly #trust: Trust;
  readonly #proxy: HttpProxy | undefined;

  /** Connections that no request used for `keepIdleMs` are closed. */
  constructor(options: { secure: boolean; trust: Trust; proxy: HttpProxy | undefined; keepIdleMs: number }) {
    this.#trust = options.trust;
    this.#proxy = options.proxy;
    const settings: AgentOptions = {
      keepAlive: true,
      keepAliveMsecs: keepAliveProbeMs,
      maxFreeSockets: 4,
      // Ends idle connections only; a request in progress has limits of its own.
      timeout: options.keepIdleMs,
    };
    this.agent = options.secure ? this.#tlsAgent(settings) : this.#plainAgent(settings);
  }

  /** What a request must say beyond its own: the server's other name over TLS; over a proxy without TLS, all of its address. */
  optionsFor(
    server: URL,
    path: string,
  ): { path: string; headers: Record<string, string>; servername?: string } {
    if (server.protocol === 'https:') {
      const { serverName } = this.#trust;
      return { path, headers: {}, ...(serverName === undefined ? {} : { servername: serverName }) };
    }
    if (!this.#proxy) return { path, headers: {} };
    const { authorization } = this.#proxy;
    return {
      path: `${server.origin}${path}`,
      headers: authorization ? { 'Proxy-Authorization': authorization } : {},
    };
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
    const { host, port } = this.#proxy ?? target;
    const socket = connect({ ...target, host, port });
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
      // First of all, since it may throw: a certificate that cannot be read is no failure of the network.
      const trust = this.#trust.connectOptions();
      const { socket, meter } = this.#dial(options);
      this.#dialling.add(socket);
      const failed = (error: Error) => callback?.(error, socket);
      socket.once('error', failed);
      socket.once('close', () => {
        this.#dialling.delete(socket);
      });
      const start = () => {
        this.#dialling.delete(socket);
        socket.off('error', failed);
        try {
          const secured = startTls(Object.assign({}, options, trust, { socket: tlsGround(socket) }));
          if (!secured) throw new Error('the TLS agent gave no socket');
          socket.on('error', (error) => secured.destroy(error));
          this.#meters.set(secured, meter);
          callback?.(null, secured);
        } catch (error) {
          socket.destroy();
          failed(error instanceof Error ? error : new Error(String(error)));
        }
      };
      socket.once('connect', () => {
        if (!this.#proxy) return start();
        openTunnel(socket, targetOf(options), this.#proxy, (error) => {
          if (!error) return start();
          socket.destroy();
          failed(error);
        });
      });
      return undefined;
    };
    return agent;
  }
}

/** HOST:PORT of a request's target, as CONNECT takes it. */
function targetOf(options: RequestOptions): string {
  const host = options.host ?? 'localhost';
  return `${host.includes(':') ? `[${host}]` : host}:${options.port}`;
}

function split(options: object): { onDialled: DialOptions[typeof onDial]; target: TcpNetConnectOpts } {
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
