import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DeviceApiError, NetworkError, type Verdict } from '@gateway-engine/device-client';
import { createLogger } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { type Deltas, DownloadPostponed } from '../../src/ota/download.ts';
import { fetchPackage } from '../../src/ota/fetch-package.ts';
import type { TrustVerdict } from '../../src/trust/update-trust.ts';
import { CuttingPlatform } from './cutting-platform.ts';
import { deltaBetween, signedVerdict, twoTars } from './signed-content.ts';

const { old, changed } = twoTars();
const tarball = gzipSync(changed);
const delta = deltaBetween(old, changed);
const freely: Verdict = { kind: 'may', left: Number.POSITIVE_INFINITY };

/** A gateway that has version 1 of an application, and a platform with version 2 and the delta to it. */
async function gateway(kept = gzipSync(old)) {
  const folder = await temporaryFolder();
  const keptFile = join(folder.path, 'app.v1.tar.gz');
  writeFileSync(keptFile, kept);
  const whole = new CuttingPlatform(tarball);
  const deltas = new CuttingPlatform(delta);
  const it = {
    whole,
    deltas,
    said: [] as string[],
    asked: [] as string[],
    maximumBytes: 10_000_000,
    budget: freely,
    file: join(folder.path, '7.tar.gz'),
    names: () => readdirSync(folder.path).sort(),
    part: (name: string) => join(folder.path, name),
    fetch: async (trust: TrustVerdict = signedVerdict('2', changed), id = 'app.v2.tar.gz') => {
      const clock = new FakeClock(Date.UTC(2026, 10, 22, 12));
      const client: Deltas['client'] = {
        downloadDelta: async (contents, options) => {
          it.asked.push(`${contents.from} to ${contents.to}`);
          return await deltas.client.download({ vendor: 'p', model: 'p' }, contents.to, options);
        },
      };
      const note = (...args: unknown[]) => {
        const text = args.find((arg) => typeof arg === 'string');
        if (text !== undefined && !text.startsWith('download interrupted')) it.said.push(text);
      };
      const logger = Object.assign(createLogger({ name: 'test', level: 'CRITICAL' }), {
        warn: note,
        info: note,
      });
      const parts = {
        client: whole.client,
        product: { vendor: 'p', model: 'p' },
        deltas: { client, maximumBytes: it.maximumBytes },
        budget: async () => it.budget,
        clock,
        logger,
      };
      const wanted = { id, trust, kept: { id: 'app.v1.tar.gz', file: keptFile } };
      let ended = false;
      const fetched = fetchPackage(parts, wanted, it.file, new AbortController().signal).finally(() => {
        ended = true;
      });
      fetched.catch(() => {});
      while (!ended) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        await clock.advance(1_000);
      }
      await fetched;
      return gunzipSync(readFileSync(it.file)).equals(changed);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
  return it;
}

describe('a signed package of which a version is here', () => {
  it('comes as a delta, and nothing of the whole is asked for', async () => {
    await using it = await gateway();
    expect(await it.fetch()).toBe(true);
    expect(it.asked).toEqual(['app.v1.tar.gz to app.v2.tar.gz']);
    expect([it.deltas.sent, it.whole.requests, it.whole.questions]).toEqual([delta.length, 0, 0]);
    expect(it.said).toEqual(['made by a delta']);
    expect(it.names()).toEqual(['7.tar.gz', 'app.v1.tar.gz']);
  });

  it('comes as a delta over a link that is cut, each byte once, also after a restart', async () => {
    await using it = await gateway();
    it.deltas.cutAfter = 100;
    it.deltas.chunkBytes = 30;
    writeFileSync(it.part('7.tar.gz.delta'), delta.subarray(0, 50));
    expect(await it.fetch()).toBe(true);
    expect(it.deltas.sent).toBe(delta.length - 50);
  });

  it('takes no byte of a delta again that was here whole when the engine was killed', async () => {
    await using it = await gateway();
    writeFileSync(it.part('7.tar.gz.delta'), delta);
    writeFileSync(it.part('7.tar.gz.made'), 'half');
    expect(await it.fetch()).toBe(true);
    expect(it.deltas.sent).toBe(0);
    expect(it.names()).toEqual(['7.tar.gz', 'app.v1.tar.gz']);
  });

  it('starts its delta over, once, when what is here is longer than it', async () => {
    await using it = await gateway();
    writeFileSync(it.part('7.tar.gz.delta'), Buffer.alloc(delta.length + 9));
    expect(await it.fetch()).toBe(true);
    expect(it.deltas.sent).toBe(delta.length);
    expect(it.said[0]).toMatch(/starts over, once$/);
  });

  it('starts its delta over, once, when the pieces do not fit', async () => {
    await using it = await gateway();
    writeFileSync(it.part('7.tar.gz.delta'), Buffer.alloc(50));
    expect(await it.fetch()).toBe(true);
    expect(it.deltas.sent).toBe(delta.length - 50 + delta.length);
    expect(it.said[0]).toMatch(/the delta does not fit what is kept .*; the download starts over, once$/);
  });

  it('comes whole when memory is short, which is said', async () => {
    await using it = await gateway();
    it.maximumBytes = 1_000;
    expect(await it.fetch()).toBe(true);
    expect(it.deltas.requests).toBe(0);
    expect(it.said).toEqual([
      'no delta from app.v1.tar.gz: it has more than 1000 bytes (max_delta_bytes in Engine.config)',
    ]);
  });

  it('comes whole when the platform has no delta of these two', async () => {
    await using it = await gateway();
    it.deltas.refuseWith = new DeviceApiError('status 404', 404);
    expect(await it.fetch()).toBe(true);
    expect(it.said).toEqual(['no delta from app.v1.tar.gz: the platform has none of these two']);
  });

  it('comes whole when the delta is no smaller, of which no byte is taken', async () => {
    await using it = await gateway();
    it.deltas.bytes = Buffer.alloc(tarball.length);
    expect(await it.fetch()).toBe(true);
    expect(it.deltas.sent).toBe(0);
  });

  it('comes whole when what is kept is not what the platform has under that name', async () => {
    await using it = await gateway(gzipSync(Buffer.alloc(10_000)));
    expect(await it.fetch()).toBe(true);
    expect(it.said[0]).toMatch(/^no delta from app.v1.tar.gz: the delta does not fit what is kept/);
    expect(it.names()).toEqual(['7.tar.gz', '7.tar.gz.no-delta', 'app.v1.tar.gz']);
  });

  it('waits when there is no delta and the budget has no room for the whole, and then asks for no delta again', async () => {
    await using it = await gateway();
    it.deltas.refuseWith = new DeviceApiError('status 404', 404);
    it.budget = { kind: 'may', left: 5_000 };
    const waiting = it.fetch();
    await expect(waiting).rejects.toBeInstanceOf(DownloadPostponed);
    await expect(waiting).rejects.toMatchObject({
      message: `the whole of app.v2.tar.gz waits: there is no delta (the platform has none of these two), ${tarball.length} bytes are missing, and the byte budget leaves 5000 for updates`,
      until: Date.UTC(2026, 10, 23),
    });
    expect(it.whole.sent).toBe(0);
    await expect(it.fetch()).rejects.toBeInstanceOf(DownloadPostponed);
    expect(it.deltas.requests).toBe(1);
    it.budget = { kind: 'may', left: tarball.length };
    expect(await it.fetch()).toBe(true);
  });

  it('waits for the platform while its delta is being made there', async () => {
    await using it = await gateway();
    it.deltas.refuseWith = new DeviceApiError('status 503', 503);
    await expect(it.fetch()).rejects.toBeInstanceOf(DownloadPostponed);
    expect(it.whole.requests).toBe(0);
    it.deltas.refuseWith = new NetworkError('no route');
    await expect(it.fetch()).rejects.toBeInstanceOf(DownloadPostponed);
    it.deltas.refuseWith = undefined;
    expect(await it.fetch()).toBe(true);
    expect(it.whole.requests).toBe(0);
  });

  it('comes whole without a question when it is small', async () => {
    await using it = await gateway();
    const { old: before, changed: after } = twoTars(1_000);
    writeFileSync(it.part('app.v1.tar.gz'), gzipSync(before));
    it.whole.bytes = gzipSync(after);
    expect(await it.fetch(signedVerdict('2', after))).toBe(false);
    expect([it.deltas.requests, it.whole.sent]).toEqual([0, it.whole.bytes.length]);
  });

  it('comes whole when it is not signed, or is the version that is here', async () => {
    await using it = await gateway();
    expect(await it.fetch({ kind: 'unsigned', because: 'no root' })).toBe(true);
    expect(await it.fetch(signedVerdict('2', changed), 'app.v1.tar.gz')).toBe(true);
    expect(it.asked).toEqual([]);
  });
});
