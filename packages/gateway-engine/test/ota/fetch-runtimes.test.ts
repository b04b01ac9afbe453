import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { runtime, temporaryFolder } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import type { FetchJob } from './fetch-process.ts';
import { deltaBetween, signedVerdict, twoTars } from './signed-content.ts';

const { old, changed } = twoTars(600_000);
const tarball = gzipSync(changed);

/** A platform that serves a package, and perhaps a delta, and cuts each connection after so many bytes. */
async function cuttingServer(delta: Buffer | undefined, cutAfter: number) {
  let [sent, answers] = [0, 0];
  const server = createServer((request, response) => {
    const bytes = request.url?.startsWith('/gateway-engine/v1/delta?') ? delta : tarball;
    if (!bytes) {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(from > 0 ? 206 : 200, {
      'Content-Length': bytes.length - from,
      ...(from > 0 ? { 'Content-Range': range } : {}),
    });
    const part = bytes.subarray(from, from + cutAfter);
    sent += part.length;
    answers++;
    if (from + part.length === bytes.length) response.end(part);
    // With time to read it: what a runtime has received and not yet given to its reader is lost with the connection.
    else response.write(part, () => setTimeout(() => response.destroy(), 500));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get counts() {
      return { sent, cuts: answers - 1 };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it.each(['bun', 'node'] as const)(
  'a package comes on %s over a link that is cut, whole and as a delta, going on where it was cut',
  async (name) => {
    const command = name === 'bun' ? runtime('bun') : process.execPath;
    const delta = deltaBetween(old, changed);
    for (const { given, size, cutAfter } of [
      { given: undefined, size: tarball.length, cutAfter: 200_000 },
      { given: delta, size: delta.length, cutAfter: delta.length >> 1 },
    ]) {
      await using folder = await temporaryFolder();
      await using server = await cuttingServer(given, cutAfter);
      const kept = { id: 'app.v1.tar.gz', file: join(folder.path, 'app.v1.tar.gz') };
      writeFileSync(kept.file, gzipSync(old));
      const file = join(folder.path, '1.tar.gz');
      const trust = signedVerdict('2', changed, tarball);
      const job: FetchJob = { server: server.url, id: 'app.v2.tar.gz', trust, kept, file };
      const script = join(import.meta.dirname, 'fetch-process.ts');
      await promisify(execFile)(command, [script, JSON.stringify(job)]);
      expect(gunzipSync(readFileSync(file)).equals(changed)).toBe(true);
      const { sent, cuts } = server.counts;
      expect(cuts).toBeGreaterThan(0);
      // A busy machine may take longer for it.
      expect(sent).toBeLessThanOrEqual(size + cuts * 64 * 1024);
    }
  },
  60_000,
);
