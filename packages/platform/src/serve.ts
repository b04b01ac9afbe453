import type { Server } from 'node:http';
import { join } from 'node:path';
import { type Clock, type Logger, systemClock } from '@gateway-engine/host';
import { buildAdminApi } from './admin/build.ts';
import { type BuiltInPages, layOutPages } from './built-in-pages.ts';
import { Deltas } from './deltas/deltas.ts';
import { buildDeviceApi } from './device-api/build.ts';
import { makeFirstUser } from './first-start.ts';
import { checkAddress, type ListenAddress, listen, urlOf } from './listen-address.ts';
import { createListener } from './listener.ts';
import { PlatformMetrics } from './metrics/platform-metrics.ts';
import { type PublishOptions, publishMetrics } from './metrics/publish.ts';
import { LocalPointStream } from './point-stream.ts';
import { openSqliteStore } from './store/sqlite/open.ts';
import { ProductTrust } from './trust/product-trust.ts';
import { TrustRenewal } from './trust/trust-renewal.ts';

export interface ServeOptions {
  /** Where everything is kept; made when missing. One platform at a time. */
  readonly dataDirectory: string;
  /** Port 0 takes a free one. */
  readonly listen: ListenAddress;
  /** The built pages; without them a sentence is shown in their place. */
  readonly pagesDirectory?: string | undefined;
  /** Pages to lay out in the data directory, when no `pagesDirectory` is given. */
  readonly builtInPages?: BuiltInPages | undefined;
  /** Where metrics go beside `GET /metrics`, which needs an operator's token. */
  readonly metrics?: PublishOptions;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export interface RunningPlatform {
  /** Base URL for devices, operators and browsers alike. */
  readonly url: string;
  readonly address: ListenAddress;
  /** Of the metrics, where they have one of their own. */
  readonly metricsAddress: ListenAddress | undefined;
  /** Ends the long polls at once, gives other requests a moment, and closes the store. */
  stop(): Promise<void>;
}

/** Requests under way get this long to end when the platform stops. */
const graceMs = 5000;

/**
 * The platform's composition root: builds every part and starts to listen.
 *
 * Throws DataDirectoryError, DatabaseError (host) or ListenError, each with one line for the person who started it;
 * nothing is left open then.
 */
export async function serve(options: ServeOptions): Promise<RunningPlatform> {
  const { logger, clock = systemClock } = options;
  // Before anything is made on disk: a start that fails for its address leaves nothing behind.
  await checkAddress(options.listen);
  const store = await openSqliteStore({ directory: options.dataDirectory, clock, logger });
  const trust = new ProductTrust({ store, clock, logger });
  const closing: (() => Promise<void>)[] = [];
  const renewal = new TrustRenewal({ store, trust, clock, logger });
  try {
    await makeFirstUser(store, options.dataDirectory, logger);
    const points = new LocalPointStream();
    const deltas = await Deltas.open({ folder: join(options.dataDirectory, 'deltas'), clock, logger });
    const metrics = new PlatformMetrics({ clock, logger });
    const device = buildDeviceApi({ store, points, deltas, observer: metrics, clock, logger });
    metrics.watch({ store, points, device, deltas });
    const admin = buildAdminApi({
      store,
      points,
      trust,
      metrics,
      clock,
      logger,
      pagesDirectory: await pagesDirectoryOf(options),
      uploadDirectory: store.uploadDirectory,
    });
    await admin.ready();
    const server = createListener({
      device: device.handle,
      admin: (request, response) => admin.routing(request, response),
    });
    await renewal.start();
    const published = await publishMetrics(metrics, options.metrics ?? {}, { clock, logger });
    closing.push(() => published.stop());
    const address = await listen(server, options.listen);
    logger.info(`listening on ${urlOf(address)}, data in ${options.dataDirectory}`);
    return {
      url: urlOf(address),
      address,
      metricsAddress: published.address,
      stop: async () => {
        await published.stop();
        device.close();
        await deltas.close();
        await closeServer(server, clock);
        await admin.close();
        await renewal.stop();
        await store.close();
      },
    };
  } catch (error) {
    for (const close of closing) await close();
    await renewal.stop();
    await store.close();
    throw error;
  }
}

async function closeServer(server: Server, clock: Clock): Promise<void> {
  const over = new AbortController();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const grace = clock.sleep(graceMs, over.signal).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  // Answers sent after `close` leave connections open that nobody will use any more.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
  over.abort();
  await grace;
}

async function pagesDirectoryOf(options: ServeOptions): Promise<string | undefined> {
  const { pagesDirectory, builtInPages, dataDirectory } = options;
  if (pagesDirectory !== undefined || !builtInPages) return pagesDirectory;
  const folder = join(dataDirectory, 'pages');
  await layOutPages(builtInPages, folder);
  return folder;
}
