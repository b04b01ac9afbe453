import type { AddressInfo, Server } from 'node:net';
import { UsageError } from '@gateway-engine/host';
import type { Address } from '../settings/values.ts';

/** Throws UsageError, which names the option to change, when the address cannot be had. */
export async function listenOn(
  server: Server,
  address: Address,
  configured: { readonly option: string; readonly file: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, address, configured)));
    server.listen(address.port, address.host, resolve);
  });
}

export function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function explain(
  error: NodeJS.ErrnoException,
  { host, port }: Address,
  { option, file }: { readonly option: string; readonly file: string },
) {
  const where = `${host}:${port}`;
  const change = `or set ${option} in ${file}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new UsageError(`${where} is in use by another program; stop that one, ${change}`);
    case 'EACCES':
      return new UsageError(`${where} may not be opened by this user; use a port above 1023, ${change}`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new UsageError(`${where} is no address of this machine; ${change.slice(3)}`);
    default:
      return error;
  }
}
