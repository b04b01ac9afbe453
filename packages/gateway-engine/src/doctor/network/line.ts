import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { TimeoutError, Trust } from '@gateway-engine/device-client';
import { systemClock } from '@gateway-engine/host';

const stepMs = 4_000;
const mostAddresses = 4;

export interface Connected {
  readonly socket: Socket;
  readonly address: string;
  readonly ms: number;
}

export interface Handshake {
  readonly protocol: string;
  /** Milliseconds since 1970. */
  readonly certificateEnds: number;
}

/** The addresses of a host, as every program gets them. Rejects when there are none, or after 4 s. */
export async function lookUp(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await withinStep('the name server does not answer', () => lookup(host, { all: true }));
  return found.map(({ address }) => address);
}

/** A connection to whichever of the addresses answers first. */
export async function reachable(addresses: readonly string[], port: number): Promise<Connected> {
  const sockets: Socket[] = [];
  const start = systemClock.monotonic();
  const attempts = addresses.slice(0, mostAddresses).map(
    (address) =>
      new Promise<Connected>((resolve, reject) => {
        const socket = connect({ host: address, port });
        sockets.push(socket);
        socket.on('connect', () => resolve({ socket, address, ms: systemClock.monotonic() - start }));
        socket.on('error', reject);
      }),
  );
  let winner: Connected | undefined;
  try {
    winner = await withinStep('nothing answers', () => Promise.any(attempts));
    return winner;
  } finally {
    for (const socket of sockets) if (socket !== winner?.socket) socket.destroy();
  }
}

/** TLS as the device client does it. */
export async function shakeHands({ socket }: Connected, host: string): Promise<Handshake> {
  return await withinStep(
    'the server does not answer the TLS handshake',
    () =>
      new Promise<Handshake>((resolve, reject) => {
        const name = isIP(host) === 0 ? { servername: host } : {};
        const secured = connectSecurely({ ...new Trust().connectOptions(), ...name, socket, host });
        secured.on('secureConnect', () => {
          resolve({
            protocol: secured.getProtocol() ?? 'TLS',
            certificateEnds: Date.parse(secured.getPeerCertificate().valid_to),
          });
          secured.destroy();
        });
        secured.on('error', reject);
        secured.on('close', () => reject(new Error('the server closed the connection')));
      }),
  );
}

async function withinStep<T>(what: string, work: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = systemClock.after(stepMs, () =>
    late.reject(new TimeoutError(`${what} within ${stepMs / 1000} s`)),
  );
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    timer.cancel();
  }
}
