import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as TcpServer } from 'node:net';
import { UsageError } from '@gateway-engine/host';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT`, an IPv6 host in brackets. Port 0 takes a free one. Throws UsageError. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65535) {
    throw new UsageError(`"${text}" is no address to listen on: give HOST:PORT, such as 127.0.0.1:8080`);
  }
  return { host, port };
}

/** The base URL of a server that listens. */
export function urlOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Starts listening and answers with the address taken. Throws ListenError. */
export async function listen(server: Server | TcpServer, address: ListenAddress): Promise<ListenAddress> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(address.port, address.host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new ListenError(address, cause as NodeJS.ErrnoException);
  } finally {
    server.off('error', reject);
  }
  return { host: address.host, port: (server.address() as AddressInfo).port };
}

/** Throws ListenError when the address cannot be had now. */
export async function checkAddress(address: ListenAddress): Promise<void> {
  const probe = createServer();
  await listen(probe, address);
  await new Promise((closed) => probe.close(closed));
}

/** An address on which this process cannot listen: which, why, and what to do. */
export class ListenError extends Error {
  readonly code = 'LISTEN';

  /** `option`: the one that another address can be given with. */
  constructor({ host, port }: ListenAddress, cause: NodeJS.ErrnoException, option = '--listen') {
    super(explain(host, port, cause, option), { cause });
  }
}

function explain(
  host: string,
  port: number,
  { code, message }: NodeJS.ErrnoException,
  option: string,
): string {
  if (code === 'EADDRINUSE')
    return `port ${port} of ${host} is in use: stop what listens there, or choose another with ${option}`;
  if (code === 'EACCES')
    return `port ${port} needs more rights: run as root, or choose one above 1023 with ${option}`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is no address of this machine: choose another with ${option}`;
  return `cannot listen on ${host}:${port} (${message})`;
}
