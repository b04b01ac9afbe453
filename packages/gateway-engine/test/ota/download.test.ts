import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceApiError, NetworkError, type Verdict } from '@gateway-engine/device-client';
import { silentLogger } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { ContentError, DownloadPostponed, type Downloads, downloadContent } from '../../src/ota/download.ts';

const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at % 251));

/** A content area that cuts every answer after so many bytes, and counts what it sent. */
class CuttingPlatform {
  sent = 0;
  requests = 0;
  refuseWith: Error | undefined;
  ranges = true;
  updated = 1;
  readonly #cutAfter: number;

  constructor(cutAfter: number) {
    this.#cutAfter = cutAfter;
  }

  readonly client: Downloads['client'] = {
    contentInfo: async () => {
      if (this.refuseWith) throw this.refuseWith;
      return { contentType: '', size: bytes.length, updated: this.updated, meta: '' };
    },
    download: async (_, __, options) => {
      this.requests++;
      const from = this.ranges ? (options?.from ?? 0) : 0;
      return { status: from > 0 ? 206 : 200, total: bytes.length, body: this.#body(from) };
    },
  };

  async *#body(from: number): AsyncGenerator<Uint8Array> {
    let left = this.#cutAfter;
    for (let at = from; at < bytes.length; ) {
      const chunk = bytes.subarray(at, at + Math.min(700, left));
      if (chunk.length === 0) throw new NetworkError('cut');
      at += chunk.length;
      left -= chunk.length;
      this.sent += chunk.length;
      yield chunk;
    }
  }
}

const freely: Verdict = { kind: 'may', left: Number.POSITIVE_INFINITY };

async function run(
  platform: CuttingPlatform,
  file: string,
  clock = new FakeClock(),
  budget: () => Verdict = () => freely,
): Promise<void> {
  const parts = {
    budget: async () => budget(),
    client: platform.client,
    product: { vendor: 'p', model: 'p' },
    clock,
    logger: silentLogger,
  };
  let ended = false;
  const download = downloadContent(parts, 'app.v1.tar.gz', file, new AbortController().signal).finally(() => {
    ended = true;
  });
  download.catch(() => {});
  while (!ended) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(1_000);
  }
  await download;
}

describe('a download', () => {
  it('over a link that is cut again and again gets every byte once', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(1_500);
    const file = join(folder.path, 'x.tar.gz');
    await run(platform, file);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(platform.sent).toBe(bytes.length);
    expect(platform.requests).toBe(7);
    expect(readdirSync(folder.path)).toEqual(['x.tar.gz']);
  });

  it('goes on where another process was cut off, and starts over when the content was replaced', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(Number.POSITIVE_INFINITY);
    writeFileSync(join(folder.path, 'a.1-10000.part'), bytes.subarray(0, 4_000));
    await run(platform, join(folder.path, 'a'));
    expect(platform.sent).toBe(6_000);
    writeFileSync(join(folder.path, 'b.1-10000.part'), Buffer.alloc(4_000));
    platform.updated = 2;
    await run(platform, join(folder.path, 'b'));
    expect(platform.sent).toBe(16_000);
    expect(readFileSync(join(folder.path, 'b')).equals(bytes)).toBe(true);
  });

  it('from a server without ranges starts over and is still right', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(Number.POSITIVE_INFINITY);
    platform.ranges = false;
    writeFileSync(join(folder.path, 'a.1-10000.part'), Buffer.alloc(4_000));
    await run(platform, join(folder.path, 'a'));
    expect(readFileSync(join(folder.path, 'a')).equals(bytes)).toBe(true);
  });

  it('takes no more than the byte budget has room for, and goes on there when there is room again', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(Number.POSITIVE_INFINITY);
    const file = join(folder.path, 'a');
    const first = run(platform, file, new FakeClock(), () => ({ kind: 'may', left: 2_000 }));
    await expect(first).rejects.toThrow(
      'the download of app.v1.tar.gz pauses after 2100 of 10000 bytes: the byte budget has no more room for updates',
    );
    const until = Date.UTC(2026, 10, 23);
    const waits: Verdict = { kind: 'waits', class: 'update', interfaces: 'wwan0', until, because: 'used up' };
    const second = run(platform, file, new FakeClock(), () => waits);
    await expect(second).rejects.toMatchObject({
      code: 'DOWNLOAD_POSTPONED',
      until,
      message: expect.stringContaining('for the byte budget until 2026-11-23T00:00:00.000Z: used up'),
    });
    expect(platform.sent).toBe(2_100);
    await run(platform, file);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(platform.sent).toBe(bytes.length);
  });

  it.each([
    [new DeviceApiError('status 404', 404), ContentError, 'is not in the content area of p; upload it'],
    [new DeviceApiError('status 403', 403), ContentError, 'the platform refused'],
    [new DeviceApiError('status 401', 401), DownloadPostponed, 'does not accept this CIK'],
    [new DeviceApiError('status 503', 503), DownloadPostponed, 'waits for the platform'],
    [new NetworkError('no route'), DownloadPostponed, 'waits for the platform'],
  ])('ends with what is to be done about it: %s', async (refusal, kind, message) => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(1);
    platform.refuseWith = refusal;
    const download = run(platform, join(folder.path, 'a'));
    await expect(download).rejects.toBeInstanceOf(kind);
    await expect(download).rejects.toThrow(message);
  });
});
