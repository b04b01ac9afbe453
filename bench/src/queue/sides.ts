import { fileURLToPath } from 'node:url';
import { compileCommand, compilePeer } from '../executables.ts';

/** One runtime, and the words that start our queue and the bare server on it. */
export interface Side {
  readonly runtime: 'Node.js' | 'Bun, compiled';
  readonly gmq: readonly string[];
  readonly bare: readonly string[];
}

/** Both runtimes that the queue is for; the executables are put into `folder`. */
export function bothSides(folder: string): readonly [node: Side, compiled: Side] {
  const bare = fileURLToPath(new URL('bare-server.ts', import.meta.url));
  const gmq = fileURLToPath(new URL('main.ts', import.meta.resolve('@gateway-engine/gmq')));
  return [
    { runtime: 'Node.js', gmq: [process.execPath, gmq], bare: [process.execPath, bare] },
    {
      runtime: 'Bun, compiled',
      // As the script of an installed engine starts it.
      gmq: ['env', 'BUN_JSC_forceRAMSize=75000000', compileCommand(folder, 'gmq')],
      bare: [compilePeer(bare, folder, 'bare')],
    },
  ];
}
