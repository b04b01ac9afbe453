import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DeviceApiError, NetworkError, type Verdict } from '@gateway-engine/device-client';
import { createLogger, type Logger } from '@gateway-engine/host';
import { FakeClock, temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ContentError,
  DownloadPostponed,
  downloadContent,
  type WantedContent,
} from '../../src/ota/download.ts';
import { pauseMs } from '../../src/ota/download-retries.ts';
import { CuttingPlatform } from './cutting-platform.ts';

const bytes = gzipSync(randomBytes(10_000), { level: 0 });
const size = bytes.length;
const id = 'app.v1.tar.gz';

const freely: Verdict = { kind: 'may', left: Number.POSITIVE_INFINITY };
const unsigned: WantedContent = { id };
const signed: WantedContent = { id, signed: { length: size, sha256: sha256(bytes) } };

interface Run {
  readonly wanted?: WantedContent;
  readonly clock?: FakeClock;
  readonly budget?: () => Verdict;
  readonly said?: string[];
}

async function run(platform: CuttingPlatform, file: string, given: Run = {}): Promise<void> {
  const { wanted = unsigned, clock = new FakeClock(), budget = () => freely, said = [] } = given;
  const parts = {
    budget: async () => budget(),
    client: platform.client,
    product: { vendor: 'p', model: 'p' },
    clock,
    logger: keeping(said),
  };
  let ended = false;
  const download = downloadContent(parts, wanted, file, new AbortController().signal).finally(() => {
    ended = true;
  });
  download.catch(() => {});
  while (!ended) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(1_000);
  }
  await download;
}

describe('a download', () => {
  it('over a link that is cut again and again gets every byte once', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes, 1_500);
    const file = join(folder.path, 'x.tar.gz');
    await run(platform, file);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(platform.sent).toBe(size);
    expect(platform.requests).toBe(7);
    expect(readdirSync(folder.path)).toEqual(['x.tar.gz']);
  });

  it('goes on where another process was cut off, and starts over, saying so, when the content was replaced', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes);
    writeFileSync(join(folder.path, `a.1-${size}.part`), bytes.subarray(0, 4_000));
    await run(platform, join(folder.path, 'a'));
    expect(platform.sent).toBe(size - 4_000);
    writeFileSync(join(folder.path, `b.1-${size}.part`), Buffer.alloc(4_000));
    platform.updated = 2;
    const said: string[] = [];
    await run(platform, join(folder.path, 'b'), { said });
    expect(said).toEqual(['4000 bytes of another version of app.v1.tar.gz are thrown away']);
    expect(platform.sent).toBe(size - 4_000 + size);
    expect(readFileSync(join(folder.path, 'b')).equals(bytes)).toBe(true);
    expect(readdirSync(folder.path)).toEqual(['a', 'b']);
  });

  it('from a server without ranges starts over, saying so, and is still right', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes);
    platform.ranges = false;
    writeFileSync(join(folder.path, `a.1-${size}.part`), Buffer.alloc(4_000));
    const said: string[] = [];
    await run(platform, join(folder.path, 'a'), { said });
    expect(readFileSync(join(folder.path, 'a')).equals(bytes)).toBe(true);
    expect(said).toEqual(['the platform sends app.v1.tar.gz from its start, not from byte 4000 on']);
  });

  it('of signed content asks nothing first, and is compared with the signed hash', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes, 4_000);
    await run(platform, join(folder.path, 'a'), { wanted: signed });
    expect(platform.questions).toBe(0);
    expect(platform.sent).toBe(size);
    expect(readFileSync(join(folder.path, 'a')).equals(bytes)).toBe(true);
  });

  it.each([
    ['signed', signed, `a.${sha256(bytes)}.part`, /came with the SHA-256 .*; the download starts over, once/],
    ['unsigned', unsigned, `a.1-${size}.part`, /the pieces of .* do not fit together .* starts over, once/],
  ])(
    'of %s content whose first part has gone bad on disk starts over once, and says so',
    async (_, wanted, part, message) => {
      await using folder = await temporaryFolder();
      const platform = new CuttingPlatform(bytes);
      writeFileSync(join(folder.path, part), randomBytes(4_000));
      const said: string[] = [];
      await run(platform, join(folder.path, 'a'), { wanted, said });
      expect(readFileSync(join(folder.path, 'a')).equals(bytes)).toBe(true);
      expect(said).toEqual([expect.stringMatching(message)]);
      expect(platform.sent).toBe(size - 4_000 + size);
    },
  );

  it('of content that is not what was signed ends after the second time', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(gzipSync(randomBytes(10_000), { level: 0 }));
    const download = run(platform, join(folder.path, 'a'), { wanted: signed });
    await expect(download).rejects.toBeInstanceOf(ContentError);
    await expect(download).rejects.toThrow(/signed is [0-9a-f]{64}, also after starting over$/);
    expect(platform.sent).toBe(2 * size);
    expect(existsSync(join(folder.path, 'a'))).toBe(false);
  });

  it('takes no byte of content whose length is not the signed one', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(Buffer.alloc(size + 1));
    const download = run(platform, join(folder.path, 'a'), { wanted: signed });
    await expect(download).rejects.toBeInstanceOf(ContentError);
    await expect(download).rejects.toThrow(
      `the platform has ${size + 1} bytes as app.v1.tar.gz, signed are ${size}; publish it again`,
    );
    expect([platform.sent, platform.open]).toEqual([0, 0]);
  });

  it('that is told of more bytes than there are starts over once and then ends with the reason', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes);
    platform.claimed = size + 10;
    writeFileSync(join(folder.path, `a.1-${size + 10}.part`), Buffer.concat([bytes, Buffer.alloc(5)]));
    const said: string[] = [];
    const download = run(platform, join(folder.path, 'a'), { said });
    await expect(download).rejects.toThrow('waits for the platform');
    expect(said[0]).toBe(
      `the platform has nothing of app.v1.tar.gz from byte ${size + 5} on (status 416); the download starts over, once`,
    );
  });

  it('that is refused by 416 twice ends with the reason', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes);
    platform.refuseWith = new DeviceApiError('status 416', 416);
    const download = run(platform, join(folder.path, 'a'), { wanted: signed });
    await expect(download).rejects.toBeInstanceOf(ContentError);
    await expect(download).rejects.toThrow(
      'the platform has nothing of app.v1.tar.gz from byte 0 on (status 416), also after starting over',
    );
    expect(platform.requests).toBe(2);
  });

  it('takes no more than the byte budget has room for, and goes on there when there is room again', async () => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes);
    const file = join(folder.path, 'a');
    const first = run(platform, file, { budget: () => ({ kind: 'may', left: 2_000 }) });
    await expect(first).rejects.toThrow(
      `the download of app.v1.tar.gz pauses after 2100 of ${size} bytes: the byte budget has no more room for updates`,
    );
    const until = Date.UTC(2026, 10, 23);
    const waits: Verdict = { kind: 'waits', class: 'update', interfaces: 'wwan0', until, because: 'used up' };
    const second = run(platform, file, { budget: () => waits });
    await expect(second).rejects.toMatchObject({
      code: 'DOWNLOAD_POSTPONED',
      until,
      message: expect.stringContaining('for the byte budget until 2026-11-23T00:00:00.000Z: used up'),
    });
    expect(platform.sent).toBe(2_100);
    await run(platform, file);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(platform.sent).toBe(size);
  });

  it('that trickles gives up its turn, and keeps what it has', async () => {
    await using folder = await temporaryFolder();
    const clock = new FakeClock();
    const platform = new CuttingPlatform(bytes);
    platform.chunkBytes = 10;
    platform.beforeChunk = () => clock.sleep(20_000);
    const download = run(platform, join(folder.path, 'a'), { wanted: signed, clock });
    await expect(download).rejects.toBeInstanceOf(DownloadPostponed);
    expect(platform.requests).toBe(6);
    expect(readFileSync(join(folder.path, `a.${sha256(bytes)}.part`)).length).toBe(platform.sent);
  });

  it.each([
    [new DeviceApiError('status 404', 404), ContentError, 'is not in the content area of p; upload it'],
    [new DeviceApiError('status 403', 403), ContentError, 'the platform refused'],
    [new DeviceApiError('status 401', 401), DownloadPostponed, 'does not accept this CIK'],
    [new DeviceApiError('status 429', 429), DownloadPostponed, 'waits for the platform'],
    [new DeviceApiError('status 503', 503), DownloadPostponed, 'waits for the platform'],
    [new NetworkError('no route'), DownloadPostponed, 'waits for the platform'],
  ])('ends with what is to be done about it: %s', async (refusal, kind, message) => {
    await using folder = await temporaryFolder();
    const platform = new CuttingPlatform(bytes, 1);
    platform.refuseWith = refusal;
    const download = run(platform, join(folder.path, 'a'));
    await expect(download).rejects.toBeInstanceOf(kind);
    await expect(download).rejects.toThrow(message);
  });

  it('comes out right, or not at all, whatever is on disk and wherever the link is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 12_000 }),
        fc.nat(12_000),
        fc.integer({ min: 1_024, max: 12_000 }),
        async (rubbish, good, cutAfter) => {
          await using folder = await temporaryFolder();
          const part = Buffer.concat([bytes.subarray(0, good), rubbish]);
          writeFileSync(join(folder.path, `a.${sha256(bytes)}.part`), part);
          const platform = new CuttingPlatform(bytes, cutAfter);
          await run(platform, join(folder.path, 'a'), { wanted: signed });
          expect(readFileSync(join(folder.path, 'a')).equals(bytes)).toBe(true);
          expect(platform.sent).toBeLessThanOrEqual(2 * size);
        },
      ),
      { numRuns: 30 },
    );
  });
});

it('rounds of attempts are half a minute to a minute apart, at random', () => {
  expect([pauseMs(() => 0), pauseMs(() => 0.5), pauseMs(() => 0.999_999)]).toEqual([60_000, 45_000, 30_000]);
});

function sha256(of: Buffer): string {
  return createHash('sha256').update(of).digest('hex');
}

function keeping(said: string[]): Logger {
  const warn = (...args: unknown[]) => {
    const text = args.find((arg) => typeof arg === 'string');
    if (text !== undefined && !text.startsWith('download interrupted')) said.push(text);
  };
  return Object.assign(createLogger({ name: 'test', level: 'CRITICAL' }), { warn });
}
