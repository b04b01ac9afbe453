import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricFamily } from './metric-family.ts';
import { formatMetrics, textFormatType } from './text-format.ts';

export interface MetricsEndpoint {
  /** The port taken. */
  readonly port: number;
  stop(): Promise<void>;
}

const mostConnections = 16;

/**
 * `GET /metrics` on an address of its own, for a Prometheus that asks. Whoever reaches the address may read. Rejects with
 * the system's error when the address cannot be had.
 */
export async function serveMetrics(
  address: { readonly host: string; readonly port: number },
  read: () => Promise<readonly MetricFamily[]>,
): Promise<MetricsEndpoint> {
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 65_000 }, (request, response) => {
    request.resume();
    const path = request.url?.split('?', 1)[0];
    if (path !== '/metrics' || !['GET', 'HEAD'].includes(request.method ?? '')) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('GET /metrics is all there is here\n');
      return;
    }
    void read().then((families) => {
      const body = Buffer.from(formatMetrics(families));
      const head = { 'Content-Type': textFormatType, 'Content-Length': body.length };
      response.writeHead(200, head).end(request.method === 'HEAD' ? undefined : body);
    });
  });
  server.maxConnections = mostConnections;
  server.on('clientError', (_error, socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(address.port, address.host, resolve);
  await promise;
  server.off('error', reject);
  // A connection that cannot be taken now, for want of descriptors say: whoever asks comes again.
  server.on('error', () => undefined);
  // An endpoint alone keeps no process from ending.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
