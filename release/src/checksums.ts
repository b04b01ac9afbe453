import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** `SHA256SUMS` in `out`, as `sha256sum --check` reads it. */
export function writeChecksums(out: string, files: readonly string[]): string {
  const lines = files.map((file) => `${sha256Of(file)}  ${basename(file)}\n`);
  const path = join(out, 'SHA256SUMS');
  writeFileSync(path, lines.join(''));
  return path;
}

export function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
