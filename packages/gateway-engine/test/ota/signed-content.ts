import { createHash } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { rawTar } from '@gateway-engine/testkit';
import type { TrustVerdict } from '../../src/trust/update-trust.ts';

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What the signed metadata says of a tarball. */
export function signedVerdict(
  version: string,
  tar: Buffer,
  tarball = gzipSync(tar),
): Extract<TrustVerdict, { kind: 'signed' }> {
  return {
    kind: 'signed',
    length: tarball.length,
    sha256: sha256(tarball),
    custom: {
      app: 'app',
      version,
      release: 1,
      tar: { length: tar.length, sha256: sha256(tar) },
      unpacked: tar.length,
    },
  };
}

/** What makes `changed` out of `old`, as a platform makes it. */
export function deltaBetween(old: Buffer, changed: Buffer): Buffer {
  const params = { [constants.ZSTD_c_compressionLevel]: 12, [constants.ZSTD_c_windowLog]: 24 };
  return zstdCompressSync(changed, { dictionary: old, params, pledgedSrcSize: changed.length });
}

/** The tars of two versions that differ by one line. */
export function twoTars(bytes = 300_000): { old: Buffer; changed: Buffer } {
  const lines: string[] = [];
  for (let at = 0; at * 89 < bytes; at++)
    lines.push(createHash('sha512').update(String(at)).digest('base64'));
  const tar = (text: string) => rawTar([{ path: 'install.sh', mode: 0o755, content: text }]);
  const old = lines.join('\n');
  return { old: tar(old), changed: tar(old.replace('\n', '\none more\n')) };
}
