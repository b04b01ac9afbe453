import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { buildAdminApi } from '../../src/admin/build.ts';
import { LocalPointStream } from '../../src/point-stream.ts';
import type { Store } from '../../src/store/port.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { ProductTrust } from '../../src/trust/product-trust.ts';

export const token = 'a-token-of-the-test';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any;
  readonly text: string;
}

export interface RunningApi extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly uploadDirectory: string;
  readonly store: Store;
  readonly points: LocalPointStream;
  readonly clock: FakeClock;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** The admin API on a real SQLite store and a real socket, with user admin/secret-password and a token. */
export async function runAdminApi(
  options: { pagesDirectory?: string; contentLimitBytes?: number } = {},
): Promise<RunningApi> {
  const folder = await temporaryFolder();
  const clock = new FakeClock();
  const store = await openSqliteStore({ directory: `${folder.path}/data`, clock });
  await store.createUser({ name: 'admin', password: 'secret-password' });
  await store.addToken({ token, user: 'admin', expires: undefined });
  const points = new LocalPointStream();
  const { uploadDirectory } = store;
  const api = buildAdminApi({
    store,
    points,
    trust: new ProductTrust({ store, clock, logger: silentLogger }),
    clock,
    logger: silentLogger,
    pagesDirectory: options.pagesDirectory,
    uploadDirectory,
    ...(options.contentLimitBytes !== undefined && { contentLimitBytes: options.contentLimitBytes }),
  });
  await api.ready();
  const server = createServer((request, response) => api.routing(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    folder: folder.path,
    uploadDirectory,
    store,
    points,
    clock,
    async call(method, path, body, headers = { Authorization: `Bearer ${token}` }) {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await fetch(url + path, {
        method,
        headers: { ...(body !== undefined && !raw && { 'Content-Type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('application/json') ?? false;
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson ? JSON.parse(text) : undefined,
      };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await api.close();
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
