import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { UsageError } from '@gateway-engine/host';
import type { Intake } from './intake/intake.ts';
import { refuseConnection } from './intake/respond.ts';
import type { Address } from './settings/values.ts';

/**
 * Takes the address for local programs; they are answered once `serve` is called, which has to be in the same turn of
 * the event loop. Throws UsageError when the address cannot be had.
 */
export async function bind(address: Address, settingsFile: string): Promise<Server> {
  const server = createServer({
    requestTimeout: 60_000,
    headersTimeout: 30_000,
    // Programs that write HTTP by hand leave the host out, which the platform allows them, too.
    requireHostHeader: false,
  });
  // Programs that send every few minutes must not meet a connection that closes under their request.
  server.keepAliveTimeout = 15 * 60_000;
  server.maxConnections = 512;
  await listenOn(server, address, { option: '[server] listen', file: settingsFile });
  return server;
}

export function serve(server: Server, intake: Intake): void {
  const take: RequestListener = (request, response) => void intake.handle(request, response);
  server.on('request', take);
  // An expectation that nobody knows is passed over; Node.js would answer it with a 417 of its own, in chunks.
  server.on('checkExpectation', take);
  server.on('drop', () => intake.connectionDropped());
  server.on('clientError', refuseConnection);
}

/** Throws UsageError, which names the option to change, when the address cannot be had. */
export async function listenOn(
  server: TcpServer,
  address: Address,
  configured: { readonly option: string; readonly file: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, address, configured)));
    server.listen(address.port, address.host, resolve);
  });
}

/** Stops listening and waits for the requests that are being answered, a second at most. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(late);
}

export function addressOf(server: TcpServer): string {
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
