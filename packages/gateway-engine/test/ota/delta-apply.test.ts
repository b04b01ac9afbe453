import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { runtime, temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDelta, type SignedTar } from '../../src/ota/delta-apply.ts';
import { deltaBetween, sha256, twoTars } from './signed-content.ts';

const { old, changed } = twoTars();
const whole = { length: changed.length, sha256: sha256(changed) };

async function place(kept: Buffer, delta: Buffer) {
  const folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at('kept'), kept);
  writeFileSync(at('delta'), delta);
  return {
    folder: folder.path,
    out: at('out'),
    apply: (tar: SignedTar, maximumBytes = 10_000_000) =>
      applyDelta({ kept: at('kept'), delta: at('delta'), tar, maximumBytes }, at('out')),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe('applying a delta', () => {
  it('gives a tarball with the signed tar', async () => {
    await using it = await place(gzipSync(old), deltaBetween(old, changed));
    await it.apply(whole);
    expect(gunzipSync(readFileSync(it.out)).equals(changed)).toBe(true);
  });

  it.each([
    ['to another version', deltaBetween(old, changed), gzipSync(randomBytes(old.length)), whole],
    ['that is cut off', deltaBetween(old, changed).subarray(0, -9), gzipSync(old), whole],
    ['that is rubbish', randomBytes(500), gzipSync(old), whole],
    ['that is empty', Buffer.alloc(0), gzipSync(old), whole],
    ['that makes more than is signed', deltaBetween(old, changed), gzipSync(old), { ...whole, length: 10 }],
    ['that makes less than is signed', deltaBetween(old, old.subarray(9)), gzipSync(old), whole],
    ['that makes something else', deltaBetween(old, changed), gzipSync(old), { ...whole, sha256: '0' }],
    ['to a package that is damaged', deltaBetween(old, changed), gzipSync(old).subarray(9), whole],
    ['to a package that is cut off', deltaBetween(old, changed), gzipSync(old).subarray(0, -9), whole],
    ['to a package that is empty', deltaBetween(old, changed), Buffer.alloc(0), whole],
  ])('%s leaves nothing behind', async (_, delta, kept, tar) => {
    await using it = await place(kept, delta);
    await expect(it.apply(tar)).rejects.toMatchObject({ code: 'DELTA' });
    expect(readdirSync(it.folder).sort()).toEqual(['delta', 'kept']);
  });

  it('that would take more memory than is allowed is not tried', async () => {
    await using it = await place(gzipSync(old), deltaBetween(old, changed));
    await expect(it.apply(whole, old.length + changed.length - 1)).rejects.toThrow(
      `old and new package have more than ${old.length + changed.length - 1} bytes together (max_delta_bytes in Engine.config)`,
    );
    await it.apply(whole, old.length + changed.length);
    expect(existsSync(it.out)).toBe(true);
  });

  it('never gives anything but the signed tar, wherever the delta is changed', async () => {
    const delta = deltaBetween(old, changed);
    await fc.assert(
      fc.asyncProperty(fc.nat(delta.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(delta);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        await using it = await place(gzipSync(old), damaged);
        const outcome = await it.apply(whole).then(
          () => 'applied',
          (error: { code?: string }) => error.code,
        );
        expect(['applied', 'DELTA']).toContain(outcome);
        if (outcome === 'applied') expect(gunzipSync(readFileSync(it.out)).equals(changed)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('works in an executable that Bun has compiled', async () => {
    await using it = await place(gzipSync(old), deltaBetween(old, changed));
    const executable = join(it.folder, 'apply');
    execFileSync(runtime('bun'), ['build', '--compile', '--outfile', executable, applyProcess], {
      stdio: 'pipe',
    });
    const ending = (tar: SignedTar) => applied([executable], it.folder, tar).ending;
    expect(ending({ ...whole, sha256: '0' })).toBe('DELTA');
    writeFileSync(join(it.folder, 'delta'), randomBytes(500));
    expect(ending(whole)).toBe('DELTA');
    expect(existsSync(it.out)).toBe(false);
    writeFileSync(join(it.folder, 'delta'), deltaBetween(old, changed));
    expect(ending(whole)).toBe('applied');
    expect(gunzipSync(readFileSync(it.out)).equals(changed)).toBe(true);
  }, 60_000);
});

describe('the memory that a delta takes', () => {
  const mebibyte = 1024 * 1024;
  const large = { old: randomBytes(16 * mebibyte), changed: Buffer.alloc(0) };
  large.changed = Buffer.concat([Buffer.from('more'), large.old]);
  const kept = gzipSync(large.old, { level: 0 });
  const tar = { length: large.changed.length, sha256: sha256(large.changed) };
  const compressed = (contentSize: 0 | 1) =>
    zstdCompressSync(large.changed, {
      dictionary: large.old,
      params: {
        [constants.ZSTD_c_compressionLevel]: 1,
        [constants.ZSTD_c_windowLog]: 26,
        [constants.ZSTD_c_contentSizeFlag]: contentSize,
      },
      pledgedSrcSize: tar.length,
    });
  /** A frame that does not say what it makes, only what window it wants. */
  const wanting = (windowLog: number) => {
    const frame = compressed(0);
    // RFC 8878 section 3.1.1.1: no single segment, no content size; the next byte describes the window.
    expect((frame[4] ?? 0) >> 5).toBe(0);
    frame[5] = (windowLog - 10) << 3;
    return frame;
  };

  // Both tars together have 32 MiB and 4 bytes, which a window of 2^26 bytes reaches over.
  it.each([
    ['is at most twice both tars and 40 MiB', compressed(1), 'applied', 2 * 32 + 40],
    [
      'is at most three times both tars and 40 MiB with a platform that means harm',
      wanting(26),
      'applied',
      3 * 32 + 40,
    ],
    ['is not taken for a window beyond both tars', wanting(27), 'DELTA', 32 + 40],
  ])(
    '%s',
    async (_, delta, expected, mostMebibytes) => {
      await using it = await place(kept, delta);
      for (const runtimeOf of [process.execPath, runtime('bun')]) {
        const { ending, grown } = applied([runtimeOf, applyProcess], it.folder, tar);
        expect(ending).toBe(expected);
        expect(grown).toBeLessThanOrEqual(mostMebibytes);
      }
    },
    60_000,
  );
});

const applyProcess = join(import.meta.dirname, 'apply-delta-process.ts');

/** Applies the delta in `folder` in a process of its own. */
function applied(
  command: readonly string[],
  folder: string,
  tar: SignedTar,
): { ending: string; grown: number } {
  const [kept, delta, out] = ['kept', 'delta', 'out'].map((name) => join(folder, name));
  const job = JSON.stringify({ kept, delta, tar, maximumBytes: 40_000_000 });
  const [program = '', ...args] = command;
  const printed = execFileSync(program, [...args, job, out ?? ''], { encoding: 'utf8' });
  const [ending = '', grown] = printed.trim().split(' ');
  return { ending, grown: Number(grown) };
}
