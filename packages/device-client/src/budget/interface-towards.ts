import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { InterfaceNames } from '../accounting/interface-name.ts';
import { proxyFor } from '../proxy.ts';

const keptMs = 60_000;

/**
 * The interface that the system would reach a server by. Nothing is sent but what the name's look-up takes: a datagram
 * socket that is connected has been routed. Undefined when there is no way or no such name now.
 */
export async function interfaceTowards(server: string, names: InterfaceNames): Promise<string | undefined> {
  const { host, port } = firstHop(new URL(server));
  try {
    const { address, family } = await lookup(host);
    return names.of(await localAddressTowards(address, family, port));
  } catch (error) {
    // ENOTFOUND, EAI_AGAIN, ENETUNREACH, ...: whoever wants to send will see it.
    if (error instanceof Error && 'code' in error && 'syscall' in error) return undefined;
    throw error;
  }
}

/** Where the connection to a server really goes: to the environment's proxy, if there is one. */
function firstHop(url: URL): { readonly host: string; readonly port: number } {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return proxyFor(url, undefined) ?? { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** Remembers the answers for a minute. */
export class Routes {
  readonly #monotonic: () => number;
  readonly #names: InterfaceNames;
  readonly #known = new Map<string, { readonly at: number; readonly name: string | undefined }>();

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#names = new InterfaceNames(monotonic);
  }

  async towards(server: string): Promise<string | undefined> {
    const known = this.#known.get(server);
    if (known && this.#monotonic() - known.at < keptMs) return known.name;
    const name = await interfaceTowards(server, this.#names);
    if (this.#known.size >= 100) this.#known.clear();
    this.#known.set(server, { at: this.#monotonic(), name });
    return name;
  }
}

function localAddressTowards(address: string, family: number, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const end = (act: () => void) => {
      socket.close();
      act();
    };
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('connect', () => {
      const local = socket.address().address;
      end(() => resolve(local));
    });
    socket.connect(port, address);
  });
}
