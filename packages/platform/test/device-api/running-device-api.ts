import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { ProductResource } from '@gateway-engine/device-api';
import { type Clock, type Logger, silentLogger, systemClock } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { Deltas } from '../../src/deltas/deltas.ts';
import { buildDeviceApi, type DeviceApi } from '../../src/device-api/build.ts';
import { listen } from '../../src/listen-address.ts';
import { createListener } from '../../src/listener.ts';
import { LocalPointStream } from '../../src/point-stream.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { RawClient } from './raw-client.ts';

const resources: readonly ProductResource[] = [
  { alias: 'string', format: 'string', settable: false },
  { alias: 'integer', format: 'integer', settable: false },
  { alias: 'float', format: 'float', settable: false },
  { alias: 'engine_fetch', format: 'string', settable: true },
];

export type RunningDeviceApi = Awaited<ReturnType<typeof runDeviceApi>>;

/** The device API over a real store and a real listener, with the product `pump` and its device `A:1`. */
export async function runDeviceApi(options: { clock?: Clock; activated?: boolean; logger?: Logger } = {}) {
  const { clock = systemClock, activated = true, logger = silentLogger } = options;
  const folder = await temporaryFolder();
  const store = await openSqliteStore({ directory: folder.path, clock });
  const points = new LocalPointStream();
  const deltas = await Deltas.open({ folder: join(folder.path, 'deltas'), clock, logger });
  const device: DeviceApi = buildDeviceApi({ store, points, deltas, clock, logger });
  const server: Server = createListener({
    device: device.handle,
    admin: (_request, response) => void response.writeHead(200, { 'Content-Length': 5 }).end('admin'),
  });
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });

  const now = Math.floor(clock.now() / 1000);
  await store.createProduct({ id: 'pump', resources });
  const { rid } = await store.addDevice({ product: 'pump', sn: 'A:1', windowEnds: now + 86_400 });
  const cik = 'abcdef0123456789abcdef0123456789abcdef01';
  if (activated) await store.activate({ product: 'pump', sn: 'A:1', cik, now });

  return {
    store,
    points,
    device,
    server,
    port,
    cik,
    rid,
    clock,
    key: { 'X-Exosite-CIK': cik },
    connect: () => RawClient.connect(port),
    resourceId: async (alias: string) => (await store.resources(rid)).get(alias)!.id,
    history: async (alias: string) => {
      const id = (await store.resources(rid)).get(alias)!.id;
      const range = { start: 0, end: Number.MAX_SAFE_INTEGER, limit: 10_000, sort: 'asc' } as const;
      return (await store.history(id, range)).map(({ ts, value }) => [ts, value] as const);
    },
    upload: async (id: string, bytes: Buffer, about: { contentType?: string; meta?: string } = {}) => {
      const file = join(store.uploadDirectory, `upload-${Math.random()}`);
      await writeFile(file, bytes);
      return store.putContent({
        product: 'pump',
        id,
        contentType: about.contentType ?? 'application/octet-stream',
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        updated: 1_700_000_000,
        meta: about.meta ?? '',
        file,
      });
    },
    [Symbol.asyncDispose]: async () => {
      device.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await deltas.close();
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
