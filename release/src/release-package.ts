import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { productSpec } from '@gateway-engine/device-api';
import type { TargetName } from './targets.ts';

/** All that a package is made from. */
export interface Contents {
  /** Of the repository. */
  readonly root: string;
  readonly target: TargetName;
  readonly version: string;
  /** The compiled executable. */
  readonly executable: string;
  /** Seconds since 1970 that all files get as their time. */
  readonly time: number;
  readonly sbom?: string | undefined;
}

/** The commands that the executable is called by. */
const links = ['gwe', 'gdc', 'gmq', 'gwe-supervisord', 'gwe-supervisorctl', 'gwe-platform'] as const;

/** Lays out the package's folder: `gateway-engine/` in `work`. Gives its path. */
export function layOutPackage(contents: Contents, work: string): string {
  const folder = join(work, 'package/gateway-engine');
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(contents.root, 'release/package'), folder, { recursive: true });
  mkdirSync(join(folder, 'bin'));
  copyFileSync(contents.executable, join(folder, 'bin/gateway-engine'));
  for (const name of links) symlinkSync('gateway-engine', join(folder, 'bin', name));
  copyFileSync(join(contents.root, 'LICENSE'), join(folder, 'LICENSE.txt'));
  mkdirSync(join(folder, 'specs'));
  writeFileSync(join(folder, 'specs/gwe.spec'), productSpec());
  writeFileSync(join(folder, 'version'), `${contents.version}\n`);
  writeFileSync(join(folder, 'target'), `${contents.target}\n`);
  if (contents.sbom !== undefined) writeFileSync(join(folder, 'sbom.cdx.json'), contents.sbom);
  return folder;
}

/** `GatewayEngine.v<VERSION>-<target>.tar.gz`: the same bytes for the same content. */
export function packTarball(folder: string, contents: Contents, out: string, level = 9): string {
  const tarball = join(out, `GatewayEngine.v${contents.version}-${contents.target}.tar.gz`);
  const sameEachTime = [
    '--sort=name',
    `--mtime=@${contents.time}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
  ];
  execFileSync(
    'tar',
    [
      ...['--format=gnu', ...sameEachTime, `--use-compress-program=gzip -n -${level}`],
      ...['-cf', tarball, '-C', join(folder, '..'), 'gateway-engine'],
    ],
    { env: { ...process.env, LC_ALL: 'C' } },
  );
  return tarball;
}

/** The executable alone, as small as it gets: `gateway-engine-<VERSION>-<target>.xz`. */
export function compressExecutable(contents: Contents, out: string): string {
  const file = join(out, `gateway-engine-${contents.version}-${contents.target}.xz`);
  const filter = contents.target.includes('arm64') ? '--arm64' : '--x86';
  const target = openSync(file, 'w');
  try {
    execFileSync('xz', ['-c', filter, '--lzma2=preset=9e', contents.executable], {
      stdio: ['ignore', target, 'inherit'],
    });
  } finally {
    closeSync(target);
  }
  return file;
}
