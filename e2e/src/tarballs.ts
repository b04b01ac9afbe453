import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface TarballFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}

/** Makes `NAME` in `folder` with these files by the system's tar, as a developer by hand would. */
export function makeTarball(
  folder: string,
  name: string,
  files: readonly TarballFile[],
  tarOptions: string[] = [],
): string {
  const content = join(folder, `${name}.content`);
  mkdirSync(content, { recursive: true });
  for (const file of files) {
    const path = join(content, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.content);
    chmodSync(path, file.mode ?? 0o644);
  }
  const tarball = join(folder, name);
  execFileSync('tar', ['-czf', tarball, ...tarOptions, '-C', content, '.']);
  return tarball;
}

export const script = (path: string, ...lines: string[]): TarballFile => ({
  path,
  content: `${['#!/bin/sh', ...lines].join('\n')}\n`,
  mode: 0o755,
});
