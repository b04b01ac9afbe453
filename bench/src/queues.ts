import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runtime } from '@gateway-engine/testkit';

/** Compiles `gmq` as gateways get it, and gives the executable's path. */
export function compileQueue(folder: string): string {
  return compile(
    fileURLToPath(new URL('main.ts', import.meta.resolve('@gateway-engine/gmq'))),
    folder,
    'gmq',
  );
}

/** Compiles a program of this repository into `folder`. */
export function compile(entry: string, folder: string, name: string): string {
  const executable = join(folder, name);
  execFileSync(runtime('bun'), ['build', '--compile', '--outfile', executable, entry], { stdio: 'pipe' });
  return executable;
}
