import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HomePlan } from '../home/prepare.ts';

/**
 * Command lines of the programs that this very command belongs to, for a home that has no engine installed in it: the
 * executable that all of them are in, or the packages beside this one.
 */
export function ownCommands(): NonNullable<HomePlan['commands']> {
  // A compiled executable has its script within itself.
  if (process.argv[1]?.startsWith('/$bunfs/')) {
    const own = (name: string) => [process.execPath, name];
    return { gwe: own('gwe'), gmq: own('gmq'), gdc: own('gdc') };
  }
  const programOf = (specifier: string, name: string) => {
    const entry = fileURLToPath(import.meta.resolve(specifier));
    return [process.execPath, join(dirname(dirname(entry)), 'bin', `${name}.mjs`)];
  };
  return {
    gwe: programOf('@gateway-engine/gateway-engine', 'gwe'),
    gmq: programOf('@gateway-engine/gmq', 'gmq'),
    gdc: programOf('@gateway-engine/device-client', 'gdc'),
  };
}
