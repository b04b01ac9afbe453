import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync, zstdDecompressSync } from 'node:zlib';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deltaParameters } from '../../src/deltas/delta-parameters.ts';
import { makeDelta, NoDelta, TooLargeForDelta } from '../../src/deltas/make-delta.ts';
import { twoVersions } from './two-versions.ts';

async function deltaOf(old: Buffer, changed: Buffer): Promise<Buffer> {
  await using folder = await temporaryFolder();
  const [from, to, out] = ['from', 'to', 'out'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(from, gzipSync(old));
  writeFileSync(to, gzipSync(changed));
  await makeDelta(from, to, out);
  return readFileSync(out);
}

const restored = (delta: Buffer, old: Buffer) =>
  zstdDecompressSync(delta, { dictionary: old, params: { [constants.ZSTD_d_windowLogMax]: 30 } });

describe('a delta', () => {
  it('of one line in 4 MB takes some hundred bytes, and gives the new tar', async () => {
    const { old, changed } = twoVersions(4 * 1024 * 1024);
    const delta = await deltaOf(old, changed);
    expect(restored(delta, old).equals(changed)).toBe(true);
    expect(delta.length).toBeLessThan(700);
  });

  it('tells the length of what it makes, which bounds the memory of who applies it', async () => {
    const { old, changed } = twoVersions(100_000);
    const delta = await deltaOf(old, changed);
    // RFC 8878 section 3.1.1.1: two bits tell how many bytes the content size has, which is there.
    expect(delta.readUInt32LE(0)).toBe(0xfd2fb528);
    expect((delta[4] ?? 0) >> 6).toBe(2);
    const windowBytes = ((delta[4] ?? 0) & 0x20) === 0 ? 1 : 0;
    expect(delta.readUInt32LE(5 + windowBytes)).toBe(changed.length);
  });

  it('is right for any two tars', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3_000 }),
        fc.nat(300_000),
        fc.nat(300_000),
        async (edit, cut, length) => {
          const old = randomBytes(length);
          const changed = Buffer.concat([old.subarray(0, cut), edit, old.subarray(cut / 2)]);
          expect(restored(await deltaOf(old, changed), old).equals(changed)).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each([
    ['is no gzip', Buffer.from('no gzip')],
    ['is empty', Buffer.alloc(0)],
    ['is cut off', gzipSync(randomBytes(1_000)).subarray(0, -20)],
    ['lies about its length', gzipLying(1_000, 999)],
    ['lies the other way', gzipLying(1_000, 1_001)],
    ['is two streams', Buffer.concat([gzipSync(randomBytes(1_000)), gzipSync(randomBytes(1_000))])],
  ])('there is none of what %s', async (_, strange) => {
    await using folder = await temporaryFolder();
    const [file, other] = [join(folder.path, 'a'), join(folder.path, 'b')];
    writeFileSync(file, strange);
    writeFileSync(other, gzipSync(randomBytes(1_000)));
    const out = join(folder.path, 'out');
    await expect(makeDelta(file, other, out)).rejects.toBeInstanceOf(NoDelta);
    await expect(makeDelta(other, file, out)).rejects.toBeInstanceOf(NoDelta);
  });

  it('is not made of tars that are too large', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a');
    writeFileSync(file, gzipSync(randomBytes(1_000)));
    const out = join(folder.path, 'out');
    await expect(makeDelta(file, file, out, 1_999)).rejects.toBeInstanceOf(TooLargeForDelta);
    await makeDelta(file, file, out, 2_000);
  });
});

function gzipLying(bytes: number, length: number): Buffer {
  const packed = gzipSync(randomBytes(bytes));
  packed.writeUInt32LE(length, packed.length - 4);
  return packed;
}

it('the window of a delta reaches over both tars, and its table has a slot for each position of the old', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 27), fc.nat(2 ** 27), (old, changed) => {
      const parameters = deltaParameters(old, changed);
      expect(2 ** (parameters[constants.ZSTD_c_windowLog] ?? 0)).toBeGreaterThanOrEqual(old + changed);
      const slots = 2 ** (parameters[constants.ZSTD_c_hashLog] ?? 0);
      expect(slots).toBeGreaterThanOrEqual(Math.min(old, 2 ** 26));
      expect(slots).toBeLessThanOrEqual(Math.max(2 ** 17, 2 * old));
    }),
  );
});
