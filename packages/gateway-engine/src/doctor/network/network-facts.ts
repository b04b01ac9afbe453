import type { NetworkInterface } from '@gateway-engine/device-api';
import { proxyFor } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { networkInterfaceList } from '../../reports/machine/interfaces.ts';
import { type ExaminedGateway, kernelFile } from '../gateway.ts';
import { type Attempt, attempt } from '../reading.ts';
import { type Connected, type Handshake, lookUp, reachable, shakeHands } from './line.ts';
import { defaultRoutes, defaultRoutesV6, nameServers } from './routes.ts';

export interface NetworkFacts {
  readonly interfaces: Attempt<readonly NetworkInterface[]>;
  /** Interfaces that a default route leads over. */
  readonly routes: readonly string[];
  readonly nameServers: readonly string[];
  readonly way: Way | { readonly unknown: string };
}

/** The way to the platform, as far as it leads. */
export interface Way {
  readonly server: string;
  /** HOST:PORT of the HTTP proxy that the environment names; then the way ends there. */
  readonly proxy: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly addresses: Attempt<readonly string[]>;
  /** Undefined where the name is not known. */
  readonly connection: Attempt<Pick<Connected, 'address' | 'ms'>> | undefined;
  /** Undefined where there is no connection, or none by TLS. */
  readonly handshake: Attempt<Handshake> | undefined;
}

export async function networkFacts({ server }: Pick<ExaminedGateway, 'server'>): Promise<NetworkFacts> {
  const [interfaces, v4, v6, resolver, way] = await Promise.all([
    attempt(() => networkInterfaceList()),
    kernelFile('/proc/net/route'),
    kernelFile('/proc/net/ipv6_route'),
    kernelFile('/etc/resolv.conf'),
    'unknown' in server ? { unknown: server.unknown } : wayTo(server.url),
  ]);
  return {
    interfaces,
    routes: [...new Set([...defaultRoutes(v4), ...defaultRoutesV6(v6)])],
    nameServers: nameServers(resolver),
    way,
  };
}

async function wayTo(server: string): Promise<NetworkFacts['way']> {
  const url = new URL(server);
  const found = await attempt(() => proxyFor(url, undefined));
  if ('error' in found) return { unknown: describeError(found.error) };
  const proxy = found.value;
  const host = proxy?.host ?? url.hostname.replace(/^\[|\]$/g, '');
  const port = proxy?.port ?? (url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port));
  const addresses = await attempt(() => lookUp(host));
  const connected = 'value' in addresses ? await attempt(() => reachable(addresses.value, port)) : undefined;
  const isOpen = connected !== undefined && 'value' in connected;
  const isSecure = url.protocol === 'https:' && proxy === undefined;
  const handshake = isOpen && isSecure ? await attempt(() => shakeHands(connected.value, host)) : undefined;
  if (isOpen) connected.value.socket.destroy();
  return {
    server,
    proxy: proxy && `${proxy.host}:${proxy.port}`,
    host,
    port,
    addresses,
    connection: connected,
    handshake,
  };
}
