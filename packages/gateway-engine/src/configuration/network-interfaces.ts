import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfPresent, UsageError } from '@gateway-engine/host';

const systemDirectory = '/sys/class/net';

/** Names of the interfaces that the system has, up or not; none where /sys is not mounted (containers, chroots). */
export async function interfaceNames(directory = systemDirectory): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The MAC address of an interface as it stands in a serial number: `FF:10:C2:9B:A8:46`. Throws UsageError. */
export async function macAddress(name: string, directory = systemDirectory): Promise<string> {
  const names = await interfaceNames(directory);
  if (!names.includes(name)) {
    throw new UsageError(`this system has no interface "${name}"; it has ${names.join(', ') || 'none'}`);
  }
  const address = (await readTextIfPresent(join(directory, name, 'address')))?.trim().toUpperCase();
  if (!address || !/^[0-9A-F]{2}(:[0-9A-F]{2})+$/.test(address)) {
    throw new UsageError(`the interface "${name}" has no MAC address`);
  }
  return address;
}
