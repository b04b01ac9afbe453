import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { problemOfSigned } from '../../src/ota/signed-tarball.ts';
import { signedVerdict } from './signed-content.ts';

const tar = Buffer.alloc(10_240, 'tar');

async function problemOf(tarball: Buffer): Promise<string | undefined> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'a');
  writeFileSync(file, tarball);
  return await problemOfSigned(file, signedVerdict('1', tar));
}

describe('a tarball on disk', () => {
  it('is what was signed, as it was packed or packed again from the same tar', async () => {
    expect(await problemOf(gzipSync(tar))).toBeUndefined();
    expect(await problemOf(gzipSync(tar, { level: 1 }))).toBeUndefined();
  });

  it.each([
    ['another tar', gzipSync(Buffer.alloc(10_240, 'rat'))],
    ['a longer tar', gzipSync(Buffer.concat([tar, tar]))],
    ['a shorter tar', gzipSync(tar.subarray(512))],
    ['a bomb', gzipSync(Buffer.alloc(50_000_000))],
    ['a cut one', gzipSync(tar, { level: 1 }).subarray(0, -9)],
    ['no gzip', Buffer.from('no gzip')],
    ['nothing', Buffer.alloc(0)],
  ])('is not what was signed: %s', async (_, tarball) => {
    expect(await problemOf(tarball)).toMatch(/^it is not what was signed/);
  });
});
