import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { NetworkInterface } from '@gateway-engine/device-api';
import { readTextIfPresent } from '@gateway-engine/host';
import { interfaceNames } from '../../configuration/network-interfaces.ts';

const mostInterfaces = 32;
const mostAddresses = 16;

export type Addresses = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The interfaces with their addresses: all that are hardware, and of the others (bridges, tunnels, those of containers,
 * which come and go) those that have an address. Link-local addresses, which say nothing to a distant reader, left out.
 */
export async function networkInterfaceList(
  addresses: Addresses = networkInterfaces(),
  directory = '/sys/class/net',
): Promise<NetworkInterface[]> {
  const list: NetworkInterface[] = [];
  for (const name of await interfaceNames(directory)) {
    if (list.length === mostInterfaces) break;
    const file = async (...path: string[]) =>
      (await readTextIfPresent(join(directory, name, ...path)))?.trim() ?? '';
    const known = distantAddresses(addresses[name] ?? []).slice(0, mostAddresses);
    const isHardware = (await file('device', 'uevent')) !== '';
    if (known.length === 0 && !isHardware) continue;
    list.push({
      name,
      mac: (await file('address')).toUpperCase(),
      // Some drivers and the loopback interface do not say.
      up: /^(?:up|unknown)$/.test(await file('operstate')),
      addresses: known,
    });
  }
  return list;
}

/** `eth0: 192.0.2.7`, as the documented reader shows them. */
export function addressTexts(addresses: Addresses = networkInterfaces()): string[] {
  return Object.entries(addresses)
    .flatMap(([name, known]) => distantAddresses(known ?? []).map((address) => `${name}: ${address}`))
    .slice(0, 2 * mostInterfaces);
}

function distantAddresses(known: readonly NetworkInterfaceInfo[]): string[] {
  return known.map(({ address }) => address).filter((address) => !/^fe80:/i.test(address));
}
