import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runtime } from '@gateway-engine/testkit';
import { compare, print } from '../result.ts';
import { type Measured, measured } from './measured.ts';
import { makeTar } from './packages.ts';

const files = 1_000;
const fileBytes = 100_000;

/** Comparing with the signature, checking and unpacking a package of 100 MB, beside `tar xz` of the same. */
export function unpacking(folder: string, rounds: number): void {
  const source = join(folder, 'source');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'install.sh'), '#!/bin/sh\n', { mode: 0o755 });
  for (let at = 0; at < files; at++) {
    // Half of it can be compressed, as programs can.
    writeFileSync(join(source, `file-${at}`), randomBytes(fileBytes / 2).toString('hex'));
  }
  const tarFile = join(folder, 'big.tar');
  makeTar(source, tarFile);
  const tar = readFileSync(tarFile);
  const packed = gzipSync(tar);
  const tarball = join(folder, 'big.tar.gz');
  writeFileSync(tarball, packed);
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const custom = {
    app: 'big',
    version: '1',
    release: 1,
    tar: { length: tar.length, sha256: hash(tar) },
    unpacked: 0,
  };
  const signed = { kind: 'signed', length: packed.length, sha256: hash(packed), custom };
  const target = join(folder, 'unpacked');
  const byTar: number[] = [];
  const sides = new Map<string, Measured[]>([
    ['Node.js', []],
    ['Bun', []],
  ]);
  for (let round = 0; round < rounds; round++) {
    for (const [name, figures] of sides) {
      rmSync(target, { recursive: true, force: true });
      const command = name === 'Bun' ? runtime('bun') : process.execPath;
      figures.push(measured({ work: 'unpack', tarball, signed, folder: target }, command));
    }
    byTar.push(tarSeconds(tarball, target));
  }
  for (const [name, figures] of sides) {
    const seconds = figures.map((each) => each.seconds);
    const above = figures.map(({ peak, idle }) => peak - idle);
    const what = { bench: 'ota', peer: 'tar xz, then sync of each file', unit: 's' };
    const metric = `seconds to check the signature, verify and unpack 100 MB, ${name}`;
    print(compare({ ...what, metric, goal: 'stated' }, seconds, byTar, () => true));
    const goal = '<= 64 MiB above idle';
    const peak = { bench: 'ota', metric: `peak memory of that, ${name}`, unit: 'MiB', peer: '', goal };
    print(compare(peak, above, [], (ours) => ours <= 64));
  }
}

function tarSeconds(tarball: string, target: string): number {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const start = performance.now();
  execFileSync('sh', [
    '-c',
    `tar -xzf '${tarball}' -C '${target}' && find '${target}' -type f -exec sync {} +`,
  ]);
  return (performance.now() - start) / 1000;
}
