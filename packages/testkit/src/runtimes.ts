import { join } from 'node:path';
import { npmPackage } from './npm-package.ts';

/** The runtimes beside our own Node.js that published packages promise to work on. */
export type Runtime = 'bun' | 'node22' | 'node24';

const nodeVersions = {
  // The oldest that device-client promises to work on: the first with node:sqlite without a flag.
  node22: '22.13.1',
  // The line that is supported longest; the packages of the daemons promise to work on it.
  node24: '24.21.0',
};

/** The path of an executable of this runtime, installed from npm on first use. */
export function runtime(name: Runtime): string {
  if (name === 'bun') return join(npmPackage('bun', '1.4.5'), '..', '.bin', 'bun');
  return join(npmPackage(`node-linux-${process.arch}`, nodeVersions[name]), 'bin', 'node');
}

/** The words that run a TypeScript file by this runtime. */
export function runtimeCommand(name: Runtime, file: string): string[] {
  const options = name === 'node22' ? ['--experimental-strip-types', '--no-warnings'] : [];
  return [runtime(name), ...options, file];
}
