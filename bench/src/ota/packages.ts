import { execFileSync } from 'node:child_process';
import { cpSync, createReadStream, createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const modules = join(import.meta.dirname, '..', '..', '..', 'node_modules');

/** Two versions of an application of some 20 MB: programs in JavaScript that this repository depends on. */
export interface TwoVersions {
  /** Folders with the unpacked application. */
  readonly oldFolder: string;
  readonly newFolder: string;
  readonly oldTar: string;
  readonly newTar: string;
  readonly oldTarball: string;
  readonly newTarball: string;
}

/** The second version has one line more, in the midst of one file. */
export async function twoVersions(folder: string): Promise<TwoVersions> {
  const at = (name: string) => join(folder, name);
  for (const version of ['old', 'new']) {
    const top = join(at(version), 'app');
    mkdirSync(top, { recursive: true });
    for (const name of ['playwright-core', 'zod']) {
      cpSync(join(modules, name), join(top, name), { recursive: true, dereference: true });
    }
    writeFileSync(join(top, 'install.sh'), '#!/bin/sh\n', { mode: 0o755 });
  }
  const changed = join(at('new'), 'app', 'zod', 'v4', 'core', 'schemas.js');
  const lines = readFileSync(changed, 'utf8').split('\n');
  lines.splice(lines.length >> 1, 0, '// one line more');
  writeFileSync(changed, lines.join('\n'));
  for (const version of ['old', 'new']) {
    makeTar(at(version), at(`${version}.tar`));
    await pipeline(
      createReadStream(at(`${version}.tar`)),
      createGzip({ level: 9 }),
      createWriteStream(at(`${version}.tar.gz`)),
    );
  }
  return {
    oldFolder: at('old'),
    newFolder: at('new'),
    oldTar: at('old.tar'),
    newTar: at('new.tar'),
    oldTarball: at('old.tar.gz'),
    newTarball: at('new.tar.gz'),
  };
}

/** Always the same tar of the same files. */
export function makeTar(folder: string, tar: string): void {
  const same = ['--sort=name', '--mtime=@1700000000', '--owner=0', '--group=0', '--numeric-owner'];
  execFileSync('tar', [...same, '-C', folder, '-cf', tar, '.']);
}
