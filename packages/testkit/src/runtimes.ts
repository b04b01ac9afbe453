import { join } from 'node:path';
import { npmPackage } from './npm-package.ts';

/** The runtimes beside our own Node.js that published packages promise to work on. */
export type Runtime = 'bun' | 'node22';

/** The path of an executable of this runtime, installed from npm on first use. */
export function runtime(name: Runtime): string {
  if (name === 'bun') return join(npmPackage('bun', '1.4.5'), '..', '.bin', 'bun');
  // The oldest that device-client promises to work on: the first with node:sqlite without a flag.
  return join(npmPackage(`node-linux-${process.arch}`, '22.13.1'), 'bin', 'node');
}

/** The words that run a TypeScript file by this runtime. */
export function runtimeCommand(name: Runtime, file: string): string[] {
  const options = name === 'node22' ? ['--experimental-strip-types', '--no-warnings'] : [];
  return [runtime(name), ...options, file];
}
