import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const cache = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'npm');

/**
 * The folder of an npm package that only some tests or benchmarks need, installed on first use: among the repository's
 * dependencies it would burden everybody's installation. Several processes may ask at a time. `foreign`: made for another machine than this one.
 */
export function npmPackage(name: string, version: string, options: { foreign?: boolean } = {}): string {
  const prefix = join(cache, `${name}-${version}`);
  if (!existsSync(prefix)) install(name, version, prefix, options.foreign ? ['--force'] : []);
  return join(prefix, 'node_modules', name);
}

function install(name: string, version: string, prefix: string, more: readonly string[]): void {
  mkdirSync(dirname(prefix), { recursive: true });
  // A whole installation appears under its name at once, or not at all.
  const unfinished = mkdtempSync(`${prefix}.installing-`);
  try {
    process.stderr.write(`installing ${name} ${version} from npm ...\n`);
    const options = [...more, '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', ['install', '--prefix', unfinished, ...options, `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, prefix);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(prefix)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
