import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
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
    const entry = join(import.meta.dirname, 'apply-delta-process.ts');
    const executable = join(it.folder, 'apply');
    execFileSync(runtime('bun'), ['build', '--compile', '--outfile', executable, entry], { stdio: 'pipe' });
    const job = { kept: join(it.folder, 'kept'), delta: join(it.folder, 'delta'), maximumBytes: 10_000_000 };
    const run = (tar: SignedTar) =>
      execFileSync(executable, [JSON.stringify({ ...job, tar }), it.out], { encoding: 'utf8' });
    expect(run({ ...whole, sha256: '0' })).toBe('DELTA\n');
    writeFileSync(job.delta, randomBytes(500));
    expect(run(whole)).toBe('DELTA\n');
    expect(existsSync(it.out)).toBe(false);
    writeFileSync(job.delta, deltaBetween(old, changed));
    expect(run(whole)).toBe('applied\n');
    expect(gunzipSync(readFileSync(it.out)).equals(changed)).toBe(true);
  }, 60_000);
});
