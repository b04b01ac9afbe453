import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folder of an npm package that only benchmarks need, installed on first use: it would burden everybody's
 * installation otherwise.
 */
export function peer(name: string, version: string): string {
  const prefix = join(
    import.meta.dirname,
    '..',
    '..',
    'node_modules',
    '.cache',
    'bench',
    `${name}-${version}`,
  );
  const folder = join(prefix, 'node_modules', name);
  if (!existsSync(join(folder, 'package.json'))) {
    mkdirSync(prefix, { recursive: true });
    process.stderr.write(`installing ${name} ${version} to compare with ...\n`);
    execFileSync(
      'npm',
      ['install', '--prefix', prefix, '--no-audit', '--no-fund', '--loglevel=error', `${name}@${version}`],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
  }
  return folder;
}
