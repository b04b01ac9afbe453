import { constants, setPriority } from 'node:os';
import { describeError } from '@gateway-engine/host';
import { noDeltaStatus } from './delta-status.ts';
import { makeDelta, NoDelta } from './make-delta.ts';

/**
 * What the process for one delta does: `FROM TO OUT`. A process of its own, so that the memory and the processor time it
 * takes are not the platform's. Ends with `noDeltaStatus` when there can be none, and says why.
 */
export async function makeDeltaCommand([from = '', to = '', out = '']: readonly string[]): Promise<void> {
  setPriority(constants.priority.PRIORITY_LOW);
  try {
    await makeDelta(from, to, out);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = error instanceof NoDelta ? noDeltaStatus : 1;
  }
}
